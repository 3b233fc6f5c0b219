/**
 * Which of two versions is the older one: dotted numbers by value, a pre-release below its release, as semantic
 * versioning has it. Versions of models come from anywhere: one that is not of that form has no place in the order.
 */

interface OrderedVersion {
  numbers: string[];
  /** Empty for a release. */
  preRelease: string[];
}

const FORM = /^v?(\d+(?:\.\d+){0,7})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+){0,15}))?(?:\+[0-9A-Za-z.-]*)?$/;
const LONGEST = 200;

/** Negative where `a` is older, positive where `b` is, 0 where neither; undefined where one has no order. Pure. */
export function compareVersions(a: string, b: string): number | undefined {
  const [left, right] = [parse(a), parse(b)];
  if (left === undefined || right === undefined) return a === b ? 0 : undefined;
  for (let at = 0; at < Math.max(left.numbers.length, right.numbers.length); at += 1) {
    const order = compareNumbers(left.numbers[at] ?? '0', right.numbers[at] ?? '0');
    if (order !== 0) return order;
  }
  return comparePreReleases(left.preRelease, right.preRelease);
}

/** The newer one; of those without order the first. Undefined only where both are. */
export function newerVersion(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (parse(a) === undefined && parse(b) !== undefined) return b;
  return (compareVersions(a, b) ?? 0) < 0 ? b : a;
}

export function isOrdered(version: string): boolean {
  return parse(version) !== undefined;
}

function parse(text: string): OrderedVersion | undefined {
  const found = text.length > LONGEST ? null : FORM.exec(text);
  if (found === null) return undefined;
  return { numbers: (found[1] as string).split('.'), preRelease: found[2]?.split('.') ?? [] };
}

/** Of digits; a number may be larger than a double is exact. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  return left.length - right.length || compareTexts(left, right);
}

function comparePreReleases(a: string[], b: string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const [left, right] = [a[at], b[at]];
    // What says less is older: alpha before alpha.1.
    if (left === undefined || right === undefined) return a.length - b.length;
    const order = compareIdentifiers(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

function compareIdentifiers(a: string, b: string): number {
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return compareNumbers(a, b);
  if (left !== right) return left ? -1 : 1;
  return compareTexts(a, b);
}

/** Not by locale: the same everywhere. */
function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
