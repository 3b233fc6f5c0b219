/** `detectd status` for people and for programs, with and without a daemon. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { statusCommand } from '../../dist/commands/status.js';
import { EmbeddedBroker } from '../../dist/publish/embedded-broker.js';
import { healthPayload } from '../../dist/publish/health-payload.js';
import { infoPayload } from '../../dist/publish/payloads.js';
import { healthReport } from '../helpers/health-report.js';
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
  const io = {
    out: (text: string) => {
      written.out += text;
    },
    err: (text: string) => {
      written.err += text;
    },
    isTerminal: false,
    errIsTerminal: false,
    env: {},
  };
  const guard = <T>(work: (signal: AbortSignal) => Promise<T>) => work(AbortSignal.abort());
  const command = statusCommand(io, { guard });
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

t.test('a running daemon is printed, as a table and as JSON', async (t) => {
  const broker = await embedded(t);
  const mqtt = { broker: 'embedded', embedded: { port: Number(new URL(broker.address).port) } };
  const { publisher } = await runningPublisher(t, { broker: broker.address });
  publisher.publishStatus('ready');
  publisher.publishInfo({ ...info, cameras: [], models: {} });
  publisher.publishHealth(healthPayload({ report: healthReport(), device: 'dock-3', bootId: '7f3c' }));
  t.ok(await publisher.connected(10_000));
  const table = await run(t, mqtt);
  t.equal(table.error, undefined);
  t.match(table.out, /^dock-3 {2}ready for .* old, up 6 h 13 min, detectd 0\.1\.0$/m);
  t.match(table.out, /^worker gpu +1861 MB +\+62\.4 MB +leak, limit in 12 h$/m);
  t.notMatch(table.out, '\u001b');
  const json = await run(t, mqtt, '--json');
  t.match(JSON.parse(json.out), { device: 'dock-3', status: { state: 'ready' }, info: { version: '0.1.0' } });
  t.match(JSON.parse(json.out).health, { uptime_s: 22_384, memory: { 'worker gpu': { verdict: 'leak' } } });

  await publisher.close();
  const stopped = await run(t, mqtt);
  t.match(stopped.out, /^dock-3 {2}stopped \d+ s ago /m);
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
  for (const seconds of ['0', '0.01', '-1', 'often', '1e9'])
    t.match((await run(t, {}, `--watch=${seconds}`)).error, { code: 'commander.invalidArgument' }, seconds);
  const free = { broker: 'embedded', embedded: { port: 0 } };
  t.match((await run(t, free, '--watch')).error, { code: 'NOT_RUNNING', hint: /fixed number/ });
  t.equal((await run(t, { broker: 'mqtt://127.0.0.1:1' }, '--watch', '0.5')).error, undefined);
});
