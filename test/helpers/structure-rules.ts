/**
 * The rules that hold the program's structure, each a function from the tree to one line per violation.
 * They know nothing of the file system, so that each can be tried on a small tree of its own.
 */
import type { SourceTree } from './source-tree.js';

/** Imports run from a higher rank to a lower one. Files of one folder may import each other. */
const RANKS: string[][] = [
  ['base'],
  ['core'],
  ['config', 'ipc', 'device', 'bundle'],
  [
    'supervisor',
    'health',
    'publish',
    'tracking',
    'models',
    'http',
    'capture',
    'scene',
    'inference',
    'engines',
    'graph',
    'picture',
    'recording',
  ],
  ['daemon'],
  ['daemon.ts', 'commands', 'worker', 'builder'],
  ['main.ts', 'cli.ts'],
];

/** Imports against the rule, with their reasons. */
const PERMITTED = new Map([
  // The command is the daemon's entry by another name; loaded only when it runs.
  ['commands/run.ts', 'main.ts'],
]);

/** Who alone may load what runs outside of JavaScript: a file, or a folder with its slash. */
const NATIVE: Record<string, string> = {
  'onnxruntime-node': 'inference/session.ts',
  'gstreamer-superficial': 'capture/gst-pipeline.ts',
  sharp: 'picture/',
  'sd-notify': 'health/sd-notify.ts',
  'systemd-notify': 'health/sd-notify.ts',
};
/** Loaded late, and only where the program runs under systemd. */
const NATIVE_WHEN_CALLED = new Set(['sd-notify', 'systemd-notify']);
const PROTECTED_ENTRIES = ['main.ts', 'cli.ts'];

const MOST_LINES = 400;
const MEDIAN_LINES = 120;
const MOST_HEADER_LINES = 8;

/** Folder of a file, or its own name at the top. */
function unitOf(path: string): string {
  return path.split('/')[0] ?? path;
}

function rankOf(path: string): number {
  return RANKS.findIndex((units) => units.includes(unitOf(path)));
}

export function importRule(tree: SourceTree): string[] {
  const violations: string[] = [];
  for (const { path, imports } of tree.values()) {
    if (rankOf(path) < 0) violations.push(`${path}: is in no layer`);
    for (const { specifier, target } of imports) {
      if (target === undefined) {
        if (specifier.startsWith('.')) violations.push(`${path}: imports ${specifier}, which is not there`);
        continue;
      }
      if (unitOf(path) === unitOf(target) || PERMITTED.get(path) === target) continue;
      const [from, to] = [rankOf(path), rankOf(target)];
      if (from === to) violations.push(`${path}: imports ${target}, its neighbour`);
      else if (from < to) violations.push(`${path}: imports ${target}, which is above it`);
    }
  }
  return violations;
}

/** Groups of files that import each other in a circle, types included. */
export function importCycles(tree: SourceTree): string[] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[] = [];
  // Tarjan's strongly connected components.
  const visit = (path: string): void => {
    order.set(path, order.size);
    lowest.set(path, order.get(path) ?? 0);
    stack.push(path);
    const targets = (tree.get(path)?.imports ?? []).flatMap(({ target }) => target ?? []);
    for (const target of targets) {
      if (target === path) cycles.push(`${path}: imports itself`);
      if (!order.has(target)) visit(target);
      else if (!stack.includes(target)) continue;
      lowest.set(path, Math.min(lowest.get(path) ?? 0, lowest.get(target) ?? 0));
    }
    if (lowest.get(path) !== order.get(path)) return;
    const group = stack.splice(stack.indexOf(path));
    if (group.length > 1) cycles.push(`in a circle: ${group.sort().join(', ')}`);
  };
  for (const path of tree.keys()) if (!order.has(path)) visit(path);
  return cycles;
}

export function nativeRule(tree: SourceTree): string[] {
  const violations: string[] = [];
  for (const { path, imports } of tree.values()) {
    for (const { specifier, dynamic } of imports) {
      const name = packageOf(specifier);
      const owner = NATIVE[name];
      if (owner === undefined) continue;
      const owns = owner.endsWith('/') ? path.startsWith(owner) : path === owner;
      if (!owns) violations.push(`${path}: imports ${name}, which only ${owner} may`);
      else if (NATIVE_WHEN_CALLED.has(name) && !dynamic)
        violations.push(`${path}: imports ${name} before it is needed`);
    }
  }
  for (const entry of PROTECTED_ENTRIES) violations.push(...nativeReach(tree, entry));
  return violations;
}

/** Ways from an entry to a native binding, through whatever the built program loads at its start or later. */
function nativeReach(tree: SourceTree, entry: string): string[] {
  const violations: string[] = [];
  const cameFrom = new Map<string, string>([[entry, '']]);
  for (const path of cameFrom.keys()) {
    for (const { specifier, target, typeOnly, dynamic } of tree.get(path)?.imports ?? []) {
      if (typeOnly) continue;
      const name = packageOf(specifier);
      if (name in NATIVE && !(dynamic && NATIVE_WHEN_CALLED.has(name))) {
        const way = [name];
        for (let step = path; step !== ''; step = cameFrom.get(step) ?? '') way.unshift(step);
        violations.push(`${entry}: reaches ${name}: ${way.join(' → ')}`);
      }
      if (target !== undefined && !cameFrom.has(target)) cameFrom.set(target, path);
    }
  }
  return violations;
}

function packageOf(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** Packages that are imported but not declared. */
export function undeclaredPackages(tree: SourceTree, declared: Iterable<string>): string[] {
  const known = new Set(declared);
  return [...tree.values()].flatMap(({ path, imports }) =>
    imports
      .map(({ specifier }) => specifier)
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .filter((specifier) => !known.has(packageOf(specifier)))
      .map((specifier) => `${path}: imports ${specifier}, which package.json does not list`),
  );
}

/**
 * Files without a test of the same name, and tests without a file. `covered` names the test of an entry
 * that only makes sense as a whole program; `tests` are paths under test/.
 */
export function mirrorRule(
  tree: SourceTree,
  tests: readonly string[],
  covered: Record<string, string>,
): string[] {
  const violations: string[] = [];
  const known = new Set(tests);
  for (const { path, nothingRuns } of tree.values()) {
    const test = covered[path] ?? path.replace(/\.ts$/, '.test.ts');
    if (nothingRuns && covered[path] !== undefined)
      violations.push(`${path}: runs nothing and needs no test`);
    if (!nothingRuns && !known.has(test)) violations.push(`${path}: has no test/${test}`);
  }
  for (const path of Object.keys(covered)) {
    if (!tree.has(path)) violations.push(`${path}: is listed as an entry, but is not there`);
  }
  for (const test of tests) {
    if (!test.endsWith('.test.ts') || /^(e2e|hardware|helpers)\/|^structure\.test\.ts$/.test(test)) continue;
    if (!tree.has(test.replace(/\.test\.ts$/, '.ts')))
      violations.push(`test/${test}: tests no file of that name`);
  }
  return violations;
}

export function sizeRule(tree: SourceTree): string[] {
  const sizes = [...tree.values()].map(({ lines }) => lines).sort((a, b) => a - b);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const violations = [...tree.values()]
    .filter(({ lines }) => lines > MOST_LINES)
    .map(({ path, lines }) => `${path}: has ${lines} lines, more than ${MOST_LINES}`);
  if (median >= MEDIAN_LINES)
    violations.push(`the median file has ${median} lines; below ${MEDIAN_LINES} is wanted`);
  return violations;
}

export function nameRule(tree: SourceTree): string[] {
  return [...tree.keys()].flatMap((path) => {
    const parts = path.replace(/\.ts$/, '').split('/');
    if (parts.at(-1) === 'index') return [`${path}: is an index file`];
    if (parts.some((part) => /^(utils?|helpers?|misc|common)$/.test(part)))
      return [`${path}: says nothing by its name`];
    return parts.every((part) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(part))
      ? []
      : [`${path}: is not in kebab-case`];
  });
}

export function exportRule(tree: SourceTree): string[] {
  return [...tree.values()]
    .filter((file) => file.defaultExport)
    .map(({ path }) => `${path}: has a default export`);
}

/** Every file says first what it is. */
export function headerRule(tree: SourceTree): string[] {
  return [...tree.values()].flatMap(({ path, text }) => {
    const header = /^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//.exec(text)?.[1];
    if (header === undefined) return [`${path}: opens without a header comment`];
    if (header.replace(/[\s*]/g, '').length < 20) return [`${path}: has a header that says nothing`];
    const lines = header.split('\n').length;
    return lines > MOST_HEADER_LINES ? [`${path}: has a header of ${lines} lines`] : [];
  });
}

/** Absolute paths of the machine that a file was written on. `files` by path. */
export function machinePathRule(files: Iterable<[string, string]>, folder: string): string[] {
  return [...files].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, index) => {
      const at = line.indexOf(folder);
      // A relative path may well hold a folder of that name.
      return at >= 0 && !/[\w.$}-]/.test(line[at - 1] ?? ' ')
        ? [`${path}:${index + 1}: names ${folder}`]
        : [];
    }),
  );
}

/** Codes that the document does not mention. */
export function undocumentedCodes(codes: Iterable<string>, document: string): string[] {
  return [...codes].filter((code) => !new RegExp(`\\b${code}\\b`).test(document));
}
