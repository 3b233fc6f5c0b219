/**
 * config/schemas/payloads.d.ts: the payloads as TypeScript interfaces with their help texts, for subscribers. It needs
 * nothing of detectd, nor zod.
 */
import {
  type CataloguedPayload,
  type JsonSchema,
  PAYLOAD_KINDS,
  PAYLOADS,
  payloadSchema,
} from './schema-catalogue.js';

const HEADER = `// Messages of detectd on MQTT. Written by scripts/generate-config from the JSON Schemas beside this file.
// New fields come with minor versions: ignore what you do not know.`;

export function typeDeclarations(schemaVersion: string): string {
  const types = PAYLOAD_KINDS.map((kind) => {
    const { type, topic, what }: CataloguedPayload = PAYLOADS[kind];
    const schema = payloadSchema(kind);
    const comment = `/** ${what} Topic: \`<base>/<device>/${topic}\`. */`;
    const body = written(schema, '');
    return schema.anyOf === undefined
      ? `${comment}\nexport interface ${type} ${body}\n`
      : `${comment}\nexport type ${type} = ${body};\n`;
  });
  return [
    `${HEADER}\n`,
    `/** Version of these. */\nexport type SchemaVersion = '${schemaVersion}';\n`,
    ...types,
  ].join('\n');
}

function written(schema: JsonSchema, indent: string): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => written(one, indent)).join(' | ');
  const types = [schema.type ?? 'unknown'].flat();
  return types.map((type) => ofType(type, schema, indent)).join(' | ');
}

function ofType(type: string, schema: JsonSchema, indent: string): string {
  if (type === 'integer') return 'number';
  if (type === 'array') return listType(schema, indent);
  return type === 'object' ? objectType(schema, indent) : type;
}

function listType({ items, prefixItems }: JsonSchema, indent: string): string {
  if (prefixItems !== undefined) return `[${prefixItems.map((one) => written(one, indent)).join(', ')}]`;
  const item = written(items || {}, indent);
  return /[|]/.test(item.replace(/\{[\s\S]*\}/, '')) ? `(${item})[]` : `${item}[]`;
}

function objectType({ properties, additionalProperties, required = [] }: JsonSchema, indent: string): string {
  const rest = typeof additionalProperties === 'object' ? written(additionalProperties, indent) : 'unknown';
  if (properties === undefined || Object.keys(properties).length === 0) return `Record<string, ${rest}>`;
  const inner = `${indent}  `;
  const lines = Object.entries(properties).flatMap(([name, schema]) => [
    `${inner}/** ${schema.description ?? ''} */`,
    `${inner}${name}${required.includes(name) ? '' : '?'}: ${written(schema, inner)};`,
  ]);
  if (typeof additionalProperties === 'object') lines.push(`${inner}[field: string]: ${rest};`);
  return `{\n${lines.join('\n')}\n${indent}}`;
}
