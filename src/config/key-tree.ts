/**
 * The keys that the schema knows, by place. Read from the JSON Schema that zod writes, which is the
 * public form of the schema, rather than from zod's own internals.
 */
import { z } from 'zod';
import { nearestKey } from './nearest-key.js';
import type { ConfigPath } from './problem.js';
import { configSchema } from './schema.js';

export interface SchemaNode {
  type?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | false;
}

/** The JSON Schema of a configuration file. */
export function configJsonSchema(): SchemaNode {
  return z.toJSONSchema(configSchema, { io: 'input' }) as SchemaNode;
}

/** The text of config/schema.json, for editors. */
export function configSchemaText(): string {
  return `${JSON.stringify({ title: 'detectd', ...configJsonSchema() }, undefined, 2)}\n`;
}

let cached: SchemaNode | undefined;

/** The part of the schema that describes the value at `path`; undefined where no such key is known. */
export function schemaAt(path: ConfigPath): SchemaNode | undefined {
  cached ??= configJsonSchema();
  let node: SchemaNode | undefined = cached;
  for (const key of path) {
    if (node === undefined || typeof key === 'number') return undefined;
    const { properties, additionalProperties }: SchemaNode = node;
    if (properties !== undefined && Object.hasOwn(properties, key)) node = properties[key];
    else node = additionalProperties === false ? undefined : additionalProperties;
  }
  return node;
}

/** The known key of that mapping which an unknown one was probably meant to be. */
export function nearestKnownKey(parent: ConfigPath, key: string): string | undefined {
  const known = schemaAt(parent)?.properties;
  return known === undefined ? undefined : nearestKey(key, Object.keys(known));
}

/** Where a key that stands in the wrong place belongs: `cameras.<name>`; undefined when it is known nowhere. */
export function homeOfKey(key: string): string | undefined {
  cached ??= configJsonSchema();
  const pending: { path: string; node: SchemaNode }[] = [{ path: '', node: cached }];
  for (const { path, node } of pending) {
    const { properties = {}, additionalProperties } = node;
    if (Object.hasOwn(properties, key)) return path === '' ? 'the top level' : `"${path}"`;
    const prefix = path === '' ? '' : `${path}.`;
    for (const [name, child] of Object.entries(properties)) {
      pending.push({ path: `${prefix}${name}`, node: child });
    }
    if (typeof additionalProperties === 'object') {
      pending.push({ path: `${prefix}<name>`, node: additionalProperties });
    }
  }
  return undefined;
}
