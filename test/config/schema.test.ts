/** The limits of the schema that guard others: names, topics, broker addresses, numbers. */
import t from 'tap';
import { configSchema } from '../../dist/config/schema.js';
import { testConfig } from '../helpers/config.js';

const accepts = (overrides: Record<string, unknown>) => {
  const { models, cameras } = testConfig();
  return configSchema.safeParse({ models, cameras, ...overrides }).success;
};

t.test('names fit into topics and folders', (t) => {
  for (const id of ['a', '0', 'dock-3', 'a_b', 'x'.repeat(63)]) t.ok(accepts({ device: { id } }), id);
  for (const id of ['', 'A', '-a', 'a/b', 'a b', '..', 'a+', '#', 'é', 'x'.repeat(64), 'a\n', 5]) {
    t.notOk(accepts({ device: { id } }), JSON.stringify(id));
  }
  t.end();
});

t.test('the base of the topics is a topic', (t) => {
  for (const base of ['detectd', 'site/a/detectd', 'd', 'Ünit']) t.ok(accepts({ mqtt: { base } }), base);
  for (const base of ['', '/a', 'a/', '/', 'a/+', '#', '$SYS', 'a b', 'a\n', 'a\0', 'x'.repeat(201)]) {
    t.notOk(accepts({ mqtt: { base } }), JSON.stringify(base));
  }
  t.end();
});

t.test('brokers are embedded or an address of a known form', (t) => {
  for (const broker of ['embedded', 'mqtt://h', 'mqtts://u:p@h:8883', 'ws://h/mqtt', 'wss://h']) {
    t.ok(accepts({ mqtt: { broker } }), broker);
  }
  for (const broker of ['', 'h:1883', 'http://h', 'tcp://h', 'mqtt://', 'mqtt:///x', 'Embedded']) {
    t.notOk(accepts({ mqtt: { broker } }), broker);
  }
  t.end();
});

t.test('numbers have limits, and unknown keys are refused everywhere', (t) => {
  const model = { bundle: '/m' };
  const camera = { source: 'v4l2:0', model: 'people' };
  const refused: Record<string, unknown>[] = [
    { models: { people: { ...model, threshold: 1.01 } } },
    { models: { people: { ...model, threads: -1 } } },
    { models: { people: { ...model, threads: 0.5 } } },
    { models: { people: { ...model, extra: 1 } } },
    { models: {} },
    { cameras: {} },
    { cameras: { gate: { ...camera, fps: 0 } } },
    { cameras: { gate: { ...camera, fps: Number.NaN } } },
    { cameras: { gate: { ...camera, stall_timeout_s: Number.POSITIVE_INFINITY } } },
    { cameras: { gate: { ...camera, extra: 1 } } },
    { mqtt: { embedded: { port: 65_536 } } },
    { mqtt: { embedded: { extra: 1 } } },
    { mqtt: { cert: '/c' } },
    { mqtt: { key: '/k' } },
    { worker: { restart_delay_s: 0 } },
    { extra: 1 },
  ];
  for (const overrides of refused) t.notOk(accepts(overrides), JSON.stringify(overrides));
  t.ok(accepts({ mqtt: { cert: '/c', key: '/k' } }));
  t.end();
});
