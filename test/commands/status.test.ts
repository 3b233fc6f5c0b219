/** `detectd status` for people and for programs, with and without a daemon. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { statusCommand, statusTable } from '../../dist/commands/status.js';
import { EmbeddedBroker } from '../../dist/publish/embedded-broker.js';
import { infoPayload, statusPayload } from '../../dist/publish/payloads.js';
import { logLines } from '../helpers/log-lines.js';
import { runningPublisher } from '../helpers/running-publisher.js';

const nowWallMs = Date.UTC(2026, 8, 14, 8, 0, 0);
const source = { device: 'dock-3', bootId: '7f3c', nowWallMs };
const info = infoPayload({
  ...source,
  version: '0.1.0',
  models: [
    {
      identity: { name: 'people', version: '1.2', digest: 'sha256:00' },
      provider: 'cpu',
      precision: 'fp32',
      family: 'picodet',
      labels: ['person'],
      networkWidth: 416,
      networkHeight: 416,
    },
  ],
  cameras: ['gate', 'yard'],
});

/** Runs the command with a configuration that uses `mqtt`. */
async function run(t: Test, mqtt: object, ...args: string[]) {
  const folder = t.testdir({
    'detectd.yaml': JSON.stringify({
      device: { id: 'dock-3' },
      mqtt,
      models: { people: { bundle: 'bundle' } },
      cameras: { gate: { source: 'test:ball', model: 'people' } },
    }),
  });
  const written = { out: '', err: '' };
  const command = statusCommand({
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    isTerminal: false,
    errIsTerminal: false,
    env: {},
  });
  const error = await command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .parseAsync(['-c', join(folder, 'detectd.yaml'), ...args], { from: 'user' })
    .then(
      () => undefined,
      (thrown) => thrown,
    );
  return { ...written, error };
}

async function embedded(t: Test): Promise<EmbeddedBroker> {
  const { log } = logLines();
  const broker = new EmbeddedBroker({ host: '127.0.0.1', port: 0, clock: systemClock, log });
  t.teardown(() => broker.close());
  await broker.start(new AbortController().signal);
  return broker;
}

t.test('the table tells state, models and cameras', async (t) => {
  const text = statusTable(
    {
      device: 'dock-3',
      status: statusPayload({ ...source, state: 'degraded', reason: 'gate: no frames' }),
      info,
      cameras: {
        gate: {
          ...source,
          schema: '1',
          boot_id: 'b',
          camera: 'gate',
          state: 'online',
          reconnects: 1,
          fps: 25,
          ts: '',
        },
      },
      models: {
        people: {
          ...source,
          schema: '1',
          boot_id: 'b',
          model: 'people',
          phase: 'building',
          percent: 34,
          provider: 'tensorrt',
          precision: 'fp16',
          last_error: { code: 'ENGINE_BUILD', message: 'INT8 failed.' },
          steps_down: [{ provider: 'cuda', reason: 'It crashed.' }],
          ts: '',
        },
      },
    },
    { wallMs: () => nowWallMs + 3_720_000 },
  );
  t.match(text, /^device +dock-3$/m);
  t.match(text, /^state +degraded: gate: no frames$/m);
  t.match(text, /^since +2026-09-14T08:00:00\.000Z \(1 h 2 min ago\)$/m);
  t.match(
    text,
    /^people +1\.2 +cpu fp32 +picodet +416x416 +1 +building the tensorrt fp16 engine, 34 %; INT8 failed\.; cuda is not used: It crashed\.$/m,
  );
  t.match(text, /^gate +25 +1 +online$/m);
  t.match(text, /^yard +- +- +unknown$/m);
});

t.test('the table survives what a hostile broker may hold', async (t) => {
  const status = { state: 'ready', ts: 'soon', reason: 'a\u001b[31m\nb' } as never;
  const hostile = { m: { phase: 'a\u001b', last_error: 7, elapsed_s: {}, steps_down: [{}] } } as never;
  const text = statusTable(
    { device: 'd', status, info: { cameras: [], models: { m: {} } } as never, cameras: {}, models: hostile },
    systemClock,
  );
  t.match(text, /unknown time/);
  t.notOk(text.includes('\u001b'));
  t.match(text, /^state +ready: a .*b$/m);
});

t.test('a running daemon is printed, as a table and as JSON', async (t) => {
  const broker = await embedded(t);
  const mqtt = { broker: 'embedded', embedded: { port: Number(new URL(broker.address).port) } };
  const { publisher } = await runningPublisher(t, { broker: broker.address });
  publisher.publishStatus('ready');
  publisher.publishInfo({ ...info, cameras: [], models: {} });
  t.ok(await publisher.connected(10_000));
  const table = await run(t, mqtt);
  t.equal(table.error, undefined);
  t.match(table.out, /^state +ready$/m);
  const json = await run(t, mqtt, '--json');
  t.match(JSON.parse(json.out), { device: 'dock-3', status: { state: 'ready' }, info: { version: '0.1.0' } });

  await publisher.close();
  const stopped = await run(t, mqtt);
  t.match(stopped.out, /^state +stopped$/m);
  t.match(stopped.error, { code: 'NOT_RUNNING' });
});

t.test('a broker without a word of the daemon means that it does not run', async (t) => {
  const broker = await embedded(t);
  const { error, out } = await run(t, { broker: broker.address }, '--timeout', '0');
  t.match(error, { code: 'NOT_RUNNING', hint: /detectd run/ });
  t.equal(out, '');
});

t.test('no embedded broker means no daemon; another broker that is down says so itself', async (t) => {
  const broker = await embedded(t);
  const port = Number(new URL(broker.address).port);
  await broker.close();
  t.match((await run(t, { broker: 'embedded', embedded: { port } })).error, { code: 'NOT_RUNNING' });
  t.match((await run(t, { broker: `mqtt://127.0.0.1:${port}` })).error, { code: 'MQTT_UNREACHABLE' });
  const free = await run(t, { broker: 'embedded', embedded: { port: 0 } });
  t.match(free.error, { code: 'NOT_RUNNING', hint: /fixed number/ });
});

t.test('a missing configuration and a wrong option are refused', async (t) => {
  t.match((await run(t, {}, '-c', '/nowhere.yaml')).error, { code: 'CONFIG_NOT_FOUND' });
  t.match((await run(t, {}, '--timeout', 'soon')).error, { code: 'commander.invalidArgument' });
});
