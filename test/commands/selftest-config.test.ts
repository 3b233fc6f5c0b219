/** The configuration of a self test's daemon: its own in everything but broker and model settings. */
import { join } from 'node:path';
import t from 'tap';
import { selftestPlan } from '../../dist/commands/selftest-config.js';
import { loadConfig } from '../../dist/config/load.js';
import { type Config, configSchema } from '../../dist/config/schema.js';

const OPTIONS = {
  folder: '/scratch',
  bundle: '/srv/${HOME}/shapes',
  source: 'test:ball',
  threshold: 0.5,
  compute: {},
  token: 'abc123',
};

/** What a daemon would read. */
async function read(plan: { text: string; env: Record<string, string> }): Promise<Config> {
  const loaded = await loadConfig('/scratch/selftest.yaml', {
    env: { HOME: '/home/someone', ...plan.env },
    readFile: async () => Buffer.from(plan.text),
  });
  return loaded.config;
}

function user(config: object) {
  const models = {
    people: { bundle: '/srv/people', provider: 'cpu', threads: 3 },
    cars: { bundle: '/srv/cars', precision: 'fp16' },
  };
  const whole = configSchema.parse({
    models,
    cameras: { gate: { source: 'csi:0', model: 'people' } },
    ...config,
  });
  const model = whole.models['people'];
  if (model === undefined) throw new Error('there is one');
  return { config: whole, device: 'dock-3', model };
}

t.test('alone it has a broker inside, on a port of its own', async (t) => {
  const plan = selftestPlan(OPTIONS);
  t.match(await read(plan), {
    device: { id: 'selftest-abc123' },
    log: { level: 'info', format: 'json' },
    paths: { state: '/scratch/state', cache: '/scratch/cache' },
    mqtt: { broker: 'embedded', base: 'detectd', embedded: { host: '127.0.0.1', port: 0 } },
    models: {
      shapes: { bundle: '/srv/${HOME}/shapes', threshold: 0.5, provider: 'auto', precision: 'fp32' },
    },
    cameras: { shapes: { source: 'test:ball', model: 'shapes' } },
  });
  t.match(plan, { env: {}, device: 'selftest-abc123', mqtt: { client_id: 'detectd-selftest-abc123' } });
});

t.test("a user's broker is used as configured, below the topics of the device", async (t) => {
  const mqtt = {
    broker: 'mqtts://broker:8883',
    base: 'site/detectd',
    username: 'dock-3',
    password: 'pa${ssw0rd',
    ca: '/etc/ca.pem',
    client_id: 'x'.repeat(120),
  };
  const plan = selftestPlan({ ...OPTIONS, user: user({ mqtt, paths: { cache: '/var/cache/detectd' } }) });
  t.notMatch(plan.text, 'ssw0rd', 'the password is not written down');
  const config = await read(plan);
  t.match(config.mqtt, {
    broker: mqtt.broker,
    base: 'site/detectd/dock-3',
    username: 'dock-3',
    ca: '/etc/ca.pem',
  });
  t.equal(config.mqtt.password, mqtt.password);
  t.ok((config.mqtt.client_id ?? '').length <= 128 && config.mqtt.client_id?.endsWith('-selftest-abc123'));
  t.strictSame(config.paths, { state: join('/scratch', 'state'), cache: '/var/cache/detectd' });
  t.match(config.models['shapes'], { provider: 'cpu', threads: 3, threshold: 0.5 });
  t.strictSame(Object.keys(config.cameras), ['shapes'], 'no camera of the user');
});

t.test("an embedded broker of the user's keeps its login and leaves its port alone", async (t) => {
  const mqtt = { username: 'a', password: 'b', embedded: { host: '0.0.0.0', port: 1883 } };
  const config = await read(selftestPlan({ ...OPTIONS, user: user({ mqtt }) }));
  t.match(config.mqtt, { username: 'a', password: 'b', embedded: { host: '127.0.0.1', port: 0 } });
});

t.test('what was asked for on the command line comes first', async (t) => {
  const compute = { provider: 'cuda' as const, threads: 0 };
  const config = await read(selftestPlan({ ...OPTIONS, compute, user: user({}) }));
  t.match(config.models['shapes'], { provider: 'cuda', threads: 0 });
});
