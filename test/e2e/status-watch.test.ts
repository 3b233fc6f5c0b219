/** `detectd status --watch` on a real terminal, with a real broker that goes away and comes back. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { healthPayload } from '../../dist/publish/health-payload.js';
import { healthReport } from '../helpers/health-report.js';
import { type Mosquitto, mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { noTerminal, onTerminal, type PseudoTerminal } from '../helpers/pseudo-terminal.js';
import { runCli } from '../helpers/run-cli.js';
import { runningPublisher } from '../helpers/running-publisher.js';
import { until } from '../helpers/until.js';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const skip = noMosquitto || noTerminal;
const ENTER = '\x1b[?1049h';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

async function device(t: Test) {
  const broker = await mosquitto(t);
  const { publisher } = await runningPublisher(t, { broker: broker.url });
  t.ok(await publisher.connected(10_000));
  publisher.publishStatus('ready');
  publisher.publishInfo({
    version: '0.1.0',
    cameras: ['gate', 'lane'],
    models: { people: { version: '1.2', provider: 'cpu', precision: 'fp32', family: 'PicoDet' } },
  } as never);
  for (const camera of ['gate', 'lane'])
    publisher.publishCameraStatus({ camera, state: 'online', reconnects: 0, fps: 10, ts: '' } as never);
  const health = (uptimeS: number) => {
    const ts = new Date(systemClock.wallMs()).toISOString();
    publisher.publishHealth(
      healthPayload({ report: healthReport({ uptimeS, ts }), device: 'dock-3', bootId: '7f3c' }),
    );
  };
  health(60);
  return { broker, publisher, health };
}

function configFile(t: Test, broker: Mosquitto): string {
  const file = join(t.testdir(), 'detectd.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      device: { id: 'dock-3' },
      mqtt: { broker: broker.url },
      models: { people: { bundle: 'bundle' } },
      cameras: { gate: { source: 'test:ball', model: 'people' } },
    }),
  );
  return file;
}

const environment = {
  ...process.env,
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TERM: 'xterm-256color',
  NO_COLOR: '',
};

function watched(t: Test, config: string, size = { columns: 80, rows: 24 }): Promise<PseudoTerminal> {
  return onTerminal(t, [process.execPath, CLI, 'status', '-c', config, '--watch'], size, environment);
}

t.test('what the device says is drawn as it comes, in the size of the terminal', { skip }, async (t) => {
  const { broker, health } = await device(t);
  const terminal = await watched(t, configFile(t, broker));
  await until(() => /up 60 s/.test(terminal.screen) && /^worker gpu .*leak/m.test(terminal.screen));
  const lines = terminal.screen.split('\n');
  t.equal(lines.length, 24);
  t.ok(lines.every((text) => text.length <= 80));
  t.match(lines[0], /^dock-3 {2}ready for \d+ s +figures \d+ s old, up 60 s, detectd 0\.1\.0$/);
  t.match(lines.at(-1), 'q quits');
  t.match(terminal.screen, /^gpu +1935 MB {2}▁[▁-█]+█/m);
  t.match(terminal.text, '\x1b[32mready\x1b[0m');

  health(70);
  await until(() => /up 70 s/.test(terminal.screen));
  t.match(terminal.screen, 'figures 0 s old');
  await until(() => /figures [12] s old/.test(terminal.screen));

  terminal.resize(40, 20);
  await until(() => terminal.screen.split('\n').length === 20);
  t.ok(terminal.screen.split('\n').every((text) => text.length <= 40));
  terminal.resize(120, 40);
  await until(() => terminal.screen.split('\n').length === 40);
  t.match(terminal.screen, /^worker +1391 +1022 MB/m);

  terminal.type('q');
  t.equal(await terminal.ended(), 0);
  t.ok(terminal.text.includes(ENTER));
  t.ok(terminal.text.endsWith(LEAVE), 'the terminal is given back');
});

t.test('a broker that dies is waited for, with what was heard before', { skip }, async (t) => {
  const { broker, health } = await device(t);
  const terminal = await watched(t, configFile(t, broker));
  await until(() => /up 60 s/.test(terminal.screen));
  await broker.kill();
  await until(() => /^connection lost, last heard \d+ s ago: /m.test(terminal.screen));
  t.match(terminal.screen, /^worker gpu .*leak/m);
  await broker.start();
  await until(() => !/connection lost/.test(terminal.screen));
  health(80);
  await until(() => /up 80 s/.test(terminal.screen));
  terminal.type('\x03');
  t.equal(await terminal.ended(), 130);
  t.ok(terminal.text.endsWith(LEAVE));
});

for (const [signal, status] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)
  t.test(`${signal} gives the terminal back`, { skip }, async (t) => {
    const { broker } = await device(t);
    const terminal = await watched(t, configFile(t, broker));
    await until(() => /up 60 s/.test(terminal.screen));
    process.kill(terminal.pid, signal);
    t.equal(await terminal.ended(), status);
    t.ok(terminal.text.endsWith(LEAVE));
  });

t.test('a refused connection gives the terminal back and is an error', { skip }, async (t) => {
  const broker = await mosquitto(t, ['allow_anonymous false']);
  const terminal = await watched(t, configFile(t, broker));
  t.equal(await terminal.ended(), 1);
  t.match(terminal.text.slice(terminal.text.indexOf(LEAVE)), 'MQTT_REFUSED: ');
});

t.test('in a pipe each change is a line of JSON, until the reader is gone', { skip }, async (t) => {
  const { broker, health } = await device(t);
  let text = '';
  const run = await runCli(['status', '-c', configFile(t, broker), '--watch', '0.1', '--json'], {
    onStart: (child) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk;
        if (/"uptime_s":90/.test(text)) child.stdout?.destroy();
        else if (/"uptime_s":60/.test(text)) health(90);
      });
      const speaking = systemClock.every(100, () => health(90));
      child.once('close', () => speaking.cancel());
    },
  });
  t.equal(run.status, 0);
  t.equal(run.stderr, '');
  const lines = text.split('\n').filter((each) => each.endsWith('}'));
  t.match(JSON.parse(lines[0] ?? ''), { connected: true, device: 'dock-3', status: { state: 'ready' } });
});
