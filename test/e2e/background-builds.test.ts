/** The whole daemon with a model for which there is no engine yet: it detects at once, and has one built meanwhile. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { type MqttWatcher, mqttWatcher } from '../helpers/mqtt-watcher.js';
import { baseConfig, runDaemon } from '../helpers/running-daemon.js';
import { noGstreamer } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';

const skip = { skip: noMosquitto || noGstreamer };
const DEVICE = 'detectd/test-device';

function config(bundle: string, broker: string, more: Record<string, unknown> = {}) {
  return {
    mqtt: { broker },
    engines: { build: true },
    models: { things: { bundle, threads: 1 } },
    cameras: { gate: { source: 'test:ball', model: 'things', fps: 10 } },
    ...more,
  };
}

/** The first state of the model, from message `from` on, that `fits`. */
async function state(
  watcher: MqttWatcher,
  fits: (state: Record<string, never>) => boolean,
  from = 0,
): Promise<Record<string, never>> {
  const find = () =>
    watcher.messages
      .slice(from)
      .filter(({ topic, text }) => topic === `${DEVICE}/models/things/state` && text !== '')
      .map(({ text }) => JSON.parse(text))
      .find(fits);
  await watcher.collect(() => find() !== undefined, 60_000);
  return find();
}

const serving = ({ phase, active }: { phase?: string; active?: { engine: string | null } }) =>
  phase === 'serving' && typeof active?.engine === 'string';

t.test('an engine is built while the model serves, and then used', skip, async (t) => {
  const bundle = tinyBundle(join(t.testdir(), 'bundle'));
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const daemon = runDaemon(t, { config: config(bundle, broker.url) });
  const first = await state(watcher, ({ active }) => active !== undefined);
  t.match(first, { model: 'things', active: { provider: 'cpu', engine: null }, steps_down: [] });
  const last = await state(watcher, serving);
  t.match(last, { active: { provider: 'cpu', precision: 'fp32', engine: /^[0-9a-f]{64}$/ } });
  const sent = watcher.messages.filter(({ topic }) => topic.endsWith('/detections'));
  const numbers = sent.map(({ text }) => JSON.parse(text).seq as number);
  t.ok(numbers.every((number, index) => number === index));
  t.ok(sent.length > 0, 'detections came before the engine');

  const workers = daemon.lines.filter(({ msg }) => msg === 'worker started').length;
  t.equal(workers, 2, 'one more worker, for the engine');

  await t.test('a model that leaves the configuration leaves the broker', async (t) => {
    const from = watcher.messages.length;
    const other = config(bundle, broker.url, {
      models: { others: { bundle, threads: 1 } },
      cameras: { gate: { source: 'test:ball', model: 'others', fps: 10 } },
    });
    daemon.writeConfig(baseConfig(daemon.folder, other));
    daemon.signal('SIGHUP');
    await watcher.collect(
      (all) =>
        all.slice(from).some(({ topic, text }) => topic === `${DEVICE}/models/things/state` && text === ''),
      60_000,
    );
    t.pass();
  });
});

t.test('the next start has the engine from the first detection on', skip, async (t) => {
  const bundle = tinyBundle(join(t.testdir(), 'bundle'));
  const broker = await mosquitto(t);
  const cache = join(t.testdirName, 'cache');
  const paths = { cache, state: join(t.testdirName, 'state') };
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const one = runDaemon(t, { config: config(bundle, broker.url, { paths }) });
  await state(watcher, serving);
  one.signal('SIGTERM');
  await one.exited;
  const from = watcher.messages.length;
  const two = runDaemon(t, { config: config(bundle, broker.url, { paths }) });
  const again = await state(watcher, ({ active }) => active !== undefined, from);
  t.match(again, { phase: 'serving', active: { engine: /^[0-9a-f]{64}$/ } });
  t.equal(two.lines.filter(({ msg }) => msg === 'worker started').length, 1);
});

t.test('a daemon that is ended while it builds leaves nothing behind', skip, async (t) => {
  const bundle = tinyBundle(join(t.testdir(), 'bundle'));
  const broker = await mosquitto(t);
  const paths = { cache: join(t.testdirName, 'cache'), state: join(t.testdirName, 'state') };
  const daemon = runDaemon(t, { config: config(bundle, broker.url, { paths }) });
  await daemon.line(/is being built/);
  daemon.signal('SIGTERM');
  t.strictSame(await daemon.exited, { code: 0, signal: null });
  const engines = join(paths.cache, 'engines');
  const left = () =>
    existsSync(engines) ? readdirSync(engines).filter((name) => name.endsWith('.tmp')) : [];
  const before = left();
  if (before.length === 0) return;
  // A machine that is too busy to end the builder in time has it killed; then the next start removes what it left.
  const next = runDaemon(t, { config: config(bundle, broker.url, { paths }) });
  await next.line(/is being built/);
  t.notOk(left().some((name) => before.includes(name)));
});

t.test('a configured provider that is not there steps down loudly', skip, async (t) => {
  const bundle = tinyBundle(join(t.testdir(), 'bundle'));
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const models = { things: { bundle, threads: 1, provider: 'tensorrt' } };
  runDaemon(t, { config: config(bundle, broker.url, { models, engines: { build: false } }) });
  const stepped = await state(watcher, ({ active }) => active !== undefined);
  t.match(stepped, {
    phase: 'serving',
    active: { provider: 'cpu' },
    steps_down: [{ provider: 'tensorrt', reason: /not tensorrt/ }],
  });
  const { text } = await watcher.until(
    (message) => message.topic === `${DEVICE}/status` && message.text.includes('degraded'),
  );
  t.match(JSON.parse(text).reason, /^model "things": tensorrt is not used, cpu serves: /);
  const info = await watcher.until(({ topic }) => topic === `${DEVICE}/info`);
  t.match(JSON.parse(info.text).models.things.steps_down, [{ provider: 'tensorrt' }]);
});
