/**
 * What of a schema readers rely on, as lines that can be kept and compared: each field with its type and whether it may be
 * missing, each value of a list. So that nobody breaks them without deciding to.
 */
import {
  type CataloguedPayload,
  type JsonSchema,
  PAYLOAD_KINDS,
  PAYLOADS,
  payloadSchema,
} from './schema-catalogue.js';

export interface ShapeChange {
  /** Readers of the version before could break. */
  breaking: string[];
  added: string[];
}

/** One line for each field: `status.reason? string`, `health.services.* object`; sorted. */
export function schemaShape(): string[] {
  return PAYLOAD_KINDS.flatMap((kind) => lines(kind, payloadSchema(kind))).sort();
}

/** A field that may be missing breaks readers where it could not before; one that must be there breaks who writes to us. */
export function shapeChange(before: readonly string[], after: readonly string[]): ShapeChange {
  const [old, now] = [new Set(before), new Set(after)];
  const required = (line: string) => line.replace('? ', ' ');
  const optional = (line: string) => line.replace(/(?<!\?) /, '? ');
  const gone = before.filter(
    (line) => !now.has(line) && !now.has(isToUs(line) ? optional(line) : required(line)),
  );
  const added = after.filter((line) => !old.has(line));
  const demanded = added.filter(
    (line) => isToUs(line) && /^[^ ?=]+ [^=]/.test(line) && !/(\*|\[\d*\]) /.test(line),
  );
  return { breaking: [...gone, ...demanded], added };
}

function isToUs(line: string): boolean {
  const kind = /^[a-z-]+/.exec(line)?.[0] ?? '';
  const entry: CataloguedPayload | undefined = PAYLOADS[kind as keyof typeof PAYLOADS];
  return entry?.toUs === true;
}

/** What `to` must at least be after `from`, for that change: refused with a sentence; undefined when it is right. */
export function versionFault(from: string, to: string, { breaking, added }: ShapeChange): string | undefined {
  const [major, minor] = numbers(from);
  const [nextMajor, nextMinor] = numbers(to);
  const told = (what: string[]) => what.slice(0, 5).join(', ');
  if (breaking.length > 0 && nextMajor <= major)
    return `readers of ${from} could break, so the major number must go up from ${to}: ${told(breaking)}`;
  if (added.length > 0 && nextMajor <= major && nextMinor <= minor)
    return `there is something new since ${from}, so the minor number must go up from ${to}: ${told(added)}`;
  return undefined;
}

function numbers(version: string): [number, number] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return [major, minor];
}

function lines(path: string, schema: JsonSchema): string[] {
  const { properties, additionalProperties, items, prefixItems, required = [] } = schema;
  const own = Object.entries(properties ?? {}).flatMap(([name, child]) => {
    const field = `${path}.${name}`;
    const mark = required.includes(name) ? '' : '?';
    return [`${field}${mark} ${typeOf(child)}`, ...lines(field, child)];
  });
  const values = (schema.enum ?? []).map((value) => `${path} = ${value}`);
  const entries = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  return [
    ...own,
    ...values,
    ...(schema.anyOf ?? []).flatMap((one) => lines(path, one)),
    ...(entries?.type === undefined ? [] : [`${path}.* ${typeOf(entries)}`, ...lines(`${path}.*`, entries)]),
    ...(typeof items === 'object' ? [`${path}[] ${typeOf(items)}`, ...lines(`${path}[]`, items)] : []),
    ...(prefixItems ?? []).map((item, index) => `${path}[${index}] ${typeOf(item)}`),
  ];
}

function typeOf(schema: JsonSchema): string {
  return [schema.type ?? 'any'].flat().join('|');
}
