/** The schemas of all messages: every field explained, strict for tests and open for readers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { statusPayload } from '../../../dist/publish/payloads.js';
import {
  type CataloguedPayload,
  type JsonSchema,
  PAYLOAD_KINDS,
  PAYLOADS,
  payloadSchema,
} from '../../../dist/publish/schemas/schema-catalogue.js';
import { messageFault, schemaFaults } from '../../helpers/payload-check.js';
import { readSourceTree } from '../../helpers/source-tree.js';

const status = statusPayload({ device: 'dock-3', bootId: '7f3c', state: 'ready', nowWallMs: 0 });

/** Paths of fields, entries and items without a help text. */
function unexplained(path: string, schema: JsonSchema): string[] {
  const { description, properties, additionalProperties, items, anyOf, prefixItems } = schema;
  const inner: [string, JsonSchema][] = [
    ...Object.entries(properties ?? {}).map(([name, child]): [string, JsonSchema] => [
      `${path}.${name}`,
      child,
    ]),
    ...(prefixItems ?? []).map((child, index): [string, JsonSchema] => [`${path}[${index}]`, child]),
  ];
  const own = description === undefined || description.trim() === '' ? [path] : [];
  // What entries, items and choices are is said of the whole; their fields speak for themselves.
  const parts = [items, additionalProperties, ...(anyOf ?? [])].flatMap((part) => (part ? [part] : []));
  return [
    ...own,
    ...inner.flatMap(([name, child]) => unexplained(name, child)),
    ...parts.flatMap((part) => unexplained(path, { ...part, description: '-' })),
  ];
}

t.test('every field has a help text', (t) => {
  for (const kind of PAYLOAD_KINDS) t.strictSame(unexplained(kind, payloadSchema(kind)), [], kind);
  t.strictSame(unexplained('x', { description: 'x', properties: { a: {} } }), ['x.a']);
  t.end();
});

t.test('fields are named with their units, and the help texts say them', (t) => {
  const units: [RegExp, RegExp][] = [
    [/_ms$/, /millisecond|age of the picture/],
    [/_s$/, /second/i],
    [/_mb$/, /MB/],
    [/_percent$/, /percent/],
    [/_mhz$/, /MHz/],
    [/_bytes$/, /bytes/],
    [/_px$/, /pixels/],
  ];
  const fields = (schema: JsonSchema): [string, JsonSchema][] => {
    const own = Object.entries(schema.properties ?? {});
    const parts = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? [])];
    return [
      ...own,
      ...[...own.map(([, child]) => child), ...parts].flatMap((part) => (part ? fields(part) : [])),
    ];
  };
  for (const kind of PAYLOAD_KINDS)
    for (const [name, { description = '' }] of fields(payloadSchema(kind)))
      for (const [unit, word] of units) if (unit.test(name)) t.match(description, word, `${kind}: ${name}`);
  t.end();
});

t.test('readers may meet fields of a later version, tests may not', (t) => {
  const later = { ...status, more: 1 };
  t.strictSame(schemaFaults('status', status), []);
  t.strictSame(schemaFaults('status', later, { strict: false }), []);
  t.match(schemaFaults('status', later), [/additional properties.*more/]);
  t.match(schemaFaults('status', { ...status, state: 'well' }), [/\/state must be equal to one of/]);
  t.match(schemaFaults('status', { ...status, ts: 'yesterday' }), [/\/ts must match format "date-time"/]);
  t.end();
});

t.test('what others send to us is checked as we would', (t) => {
  t.strictSame(schemaFaults('desired', { version: 1, config: { models: null } }), []);
  t.strictSame(schemaFaults('desired', { payload: '{}', minisig: 'x' }), []);
  t.not(schemaFaults('desired', { version: 0, config: {} }).length, 0);
  t.not(schemaFaults('desired', { version: 1, config: [] }).length, 0);
  t.not(schemaFaults('desired', { version: 1, config: {}, extra: 1 }).length, 0);
  t.strictSame(schemaFaults('command', {}), []);
  t.strictSame(schemaFaults('command', { id: 'a', camera: 'gate', enabled: false }), []);
  t.end();
});

t.test('messages are known by their topics', (t) => {
  const fault = (topic: string, value: unknown) => messageFault(topic, Buffer.from(JSON.stringify(value)));
  t.equal(fault('detectd/dock-3/status', status), undefined);
  t.match(fault('site/a/dock-3/status', {}), 'status must have required property');
  t.match(fault('detectd/dock-3/cameras/gate/status', status), 'camera-status must have required');
  t.match(fault('detectd/dock-3/cmd/ping/reply', {}), 'command-reply must have required');
  for (const topic of ['detectd/dock-3/config/desired', 'detectd/dock-3/cmd/ping', 'homeassistant/status'])
    t.equal(fault(topic, 'anything'), undefined, topic);
  t.equal(messageFault('detectd/dock-3/status', Buffer.alloc(0)), undefined, 'taken away');
  t.match(messageFault('detectd/dock-3/status', Buffer.from('offline')), 'is neither JSON nor CBOR');
  t.end();
});

t.test('topics, types and schemas belong to one kind each', (t) => {
  const entries: CataloguedPayload[] = PAYLOAD_KINDS.map((kind) => PAYLOADS[kind]);
  t.equal(new Set(entries.map(({ topic }) => topic)).size, entries.length);
  t.equal(new Set(entries.map(({ type }) => type)).size, entries.length);
  t.end();
});

t.test('the daemon loads none of the schemas of payloads', (t) => {
  const tree = readSourceTree(join(import.meta.dirname, '../../../src'));
  const reached = new Set(['main.ts']);
  for (const path of reached)
    for (const { target, typeOnly } of tree.get(path)?.imports ?? [])
      if (target !== undefined && !typeOnly) reached.add(target);
  t.ok(reached.has('publish/payloads.ts'));
  t.strictSame(
    [...reached].filter((path) => path.startsWith('publish/schemas/')),
    [],
  );
  t.match(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'), '"./payloads"');
  t.end();
});
