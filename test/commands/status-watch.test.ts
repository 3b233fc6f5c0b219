/** Watching without a terminal: blocks of text, or lines of JSON, for as long as somebody reads. */
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import type { CommandIo } from '../../dist/base/command-io.js';
import { textWidth, watchStatus } from '../../dist/commands/status-watch.js';
import { EmbeddedBroker } from '../../dist/publish/embedded-broker.js';
import { healthPayload } from '../../dist/publish/health-payload.js';
import { healthReport } from '../helpers/health-report.js';
import { logLines } from '../helpers/log-lines.js';
import { mqttConfig } from '../helpers/mqtt-config.js';
import { recordedIo } from '../helpers/recorded-io.js';
import { runningPublisher } from '../helpers/running-publisher.js';
import { until } from '../helpers/until.js';

async function device(t: Test) {
  const { log } = logLines();
  const broker = new EmbeddedBroker({ host: '127.0.0.1', port: 0, clock: systemClock, log });
  t.teardown(() => broker.close());
  await broker.start(new AbortController().signal);
  const { publisher } = await runningPublisher(t, { broker: broker.address });
  t.ok(await publisher.connected(10_000));
  return { broker, publisher };
}

function watching(t: Test, address: string, settings: { json?: boolean; io?: Partial<CommandIo> } = {}) {
  const io = recordedIo(settings.io);
  const ending = new AbortController();
  t.teardown(() => ending.abort());
  const over = watchStatus(
    io,
    {
      mqtt: mqttConfig({ broker: address }),
      device: 'dock-3',
      clock: systemClock,
      intervalMs: 1,
      json: settings.json ?? false,
      timeoutMs: 600_000,
      streams: process,
    },
    ending.signal,
  );
  return { io, ending, over, text: () => io.text('out') };
}

function report(uptimeS: number) {
  return healthPayload({ report: healthReport({ uptimeS }), device: 'dock-3', bootId: '7f3c' });
}

t.test('the first block waits for all that is retained, and each change is a block', async (t) => {
  const { broker, publisher } = await device(t);
  publisher.publishHealth(report(60));
  publisher.publishStatus('ready');
  const { text, ending, over } = watching(t, broker.address, { io: { env: { LANG: 'C.UTF-8' } } });
  publisher.publishInfo({ version: '0.1.0', cameras: [], models: {} } as never);
  await until(() => text().includes('detectd 0.1.0'));
  t.match(text().split('\n')[0], /^dock-3 {2}ready for .*up 60 s, detectd 0\.1\.0$/);
  t.match(text(), '▁');
  publisher.publishHealth(report(70));
  await until(() => text().includes('up 70 s'));
  t.match(text(), /\n\ndock-3 {2}ready/);
  t.notMatch(text(), '\u001b');
  ending.abort();
  await over;
});

t.test('as JSON each change is one line', async (t) => {
  const { broker, publisher } = await device(t);
  publisher.publishStatus('ready');
  publisher.publishInfo({ version: '0.1.0\u009b', cameras: [], models: {} } as never);
  const { text } = watching(t, broker.address, { json: true, io: { isTerminal: true } });
  const lines = () =>
    text()
      .split('\n')
      .filter(Boolean)
      .map((each) => JSON.parse(each));
  await until(() => lines().length > 0 && lines().at(-1).info !== undefined);
  publisher.publishHealth(report(60));
  await until(() => lines().at(-1).health !== undefined);
  t.match(lines().at(-1), {
    connected: true,
    device: 'dock-3',
    status: { state: 'ready' },
    health: { uptime_s: 60 },
  });
  t.notMatch(text(), /[\u0080-\u009f]/);
  await broker.close();
  await until(() => lines().at(-1).connected === false);
  t.match(lines().at(-1), { reason: /./, status: { state: 'ready' } });
});

t.test('a terminal that can do nothing gets blocks, too', async (t) => {
  const { broker, publisher } = await device(t);
  publisher.publishStatus('ready');
  publisher.publishInfo({ version: '0.1.0', cameras: [], models: {} } as never);
  const io = { isTerminal: true, columns: () => 40, env: { TERM: 'dumb' } };
  const { text } = watching(t, broker.address, { io });
  await until(() => text().includes('dock-3'));
  t.notMatch(text(), '\u001b');
});

t.test('it ends where it was told to before it began', async () => {
  const io = recordedIo();
  const options = {
    device: 'd',
    clock: systemClock,
    intervalMs: 1,
    json: false,
    timeoutMs: 1,
    streams: process,
  };
  await watchStatus(
    io,
    { ...options, mqtt: mqttConfig({ broker: 'mqtt://127.0.0.1:1' }) },
    AbortSignal.abort(),
  );
});

t.test('lines are as wide as the terminal, elsewhere wide enough for sentences', async (t) => {
  t.equal(textWidth(recordedIo({ isTerminal: true, columns: () => 40 })), 40);
  t.equal(textWidth(recordedIo({ isTerminal: true, columns: () => 0 })), 20);
  t.equal(textWidth(recordedIo({ columns: () => 40 })), 100);
});
