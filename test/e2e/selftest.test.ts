/** `detectd selftest`, from a user's chair: the real model on drawn scenes, and everything that can be wrong. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import t from 'tap';
import { SHAPE_LABELS } from '../../dist/scene/shapes.js';
import { freePort, mosquitto, noMosquitto, passwordFile } from '../helpers/mosquitto.js';
import { mqttWatcher } from '../helpers/mqtt-watcher.js';
import { isAlive, processesBelow } from '../helpers/process-tree.js';
import { runCli } from '../helpers/run-cli.js';
import { noGstreamer } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { workspace } from '../helpers/workspace.js';

const skip = { skip: noGstreamer };
/** How fast this machine is at the moment is not what is tested. */
const PATIENT = [
  ...['--seconds', '3', '--min-frames', '2', '--max-latency', '600000'],
  // Three seconds are few scenes.
  ...['--min-precision', '0.8', '--min-recall', '0.8'],
];

function config(
  folder: string,
  mqtt: object,
  models: object = { people: { bundle: folder, provider: 'cpu' } },
) {
  const file = join(folder, 'detectd.yaml');
  const cameras = { gate: { source: 'csi:0', model: Object.keys(models)[0] } };
  writeFileSync(file, JSON.stringify({ device: { id: 'dock-3' }, mqtt, models, cameras }));
  return file;
}

t.test('the model that comes with detectd passes, and every figure is given', skip, async (t) => {
  const { env, leftovers } = workspace(t);
  const run = await runCli(['selftest', '--json', ...PATIENT], { env });
  t.equal(run.status, 0, `${run.stdout}${run.stderr}`);
  const report = JSON.parse(run.stdout);
  t.match(report, {
    ok: true,
    problems: [],
    lost: 0,
    unreadable: 0,
    seed: 1,
    broker: 'embedded',
    provider: 'cpu',
  });
  t.match(report.model, { bundle: /config\/bundles\/shapes$/, version: /\d/, digest: /^sha256:/ });
  t.ok(report.precision >= 0.8 && report.recall >= 0.8 && report.frames >= 2 && report.fps > 0, run.stdout);
  t.ok(report.latency_ms.p50 <= report.latency_ms.p99);
  t.equal(run.stderr, '');
  t.strictSame(leftovers(), []);
});

t.test('a model that finds nothing or the wrong fails, with the reason', skip, async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const strange = tinyBundle(join(folder, 'strange'));
  const told = await runCli(['selftest', '--bundle', strange, ...PATIENT], { env });
  t.equal(told.status, 1);
  t.match(told.stdout, /FAILED {3}model: The model knows none of the drawn shapes .*; it knows thing\.\n/);
  t.match(told.stderr, /^SELFTEST_FAILED: The self test found 1 problem\.\n {2}.+\n$/);

  const blind = tinyBundle(join(folder, 'blind'), { labels: [...SHAPE_LABELS], box: [0, 0, 3, 3] });
  const run = await runCli(['selftest', '--json', '--bundle', blind, ...PATIENT], { env });
  t.equal(run.status, 1);
  const report = JSON.parse(run.stdout);
  t.match(report, {
    ok: false,
    precision: 0,
    recall: 0,
    problems: [{ check: 'precision' }, { check: 'recall' }],
  });
  t.strictSame(leftovers(), []);
});

t.test('what keeps it from running is told under its own code', skip, async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const unreachable = config(folder, { broker: `mqtt://127.0.0.1:${await freePort()}` });
  const noPrograms = { ...env, PATH: empty };
  for (const [args, code, environment] of [
    [['--bundle', join(folder, 'none')], 'BUNDLE_NOT_FOUND', env],
    [['--bundle', empty], 'BUNDLE_INCOMPLETE', env],
    [['-c', unreachable], 'MQTT_UNREACHABLE', env],
    [[], 'GSTREAMER_MISSING', noPrograms],
    [['--provider', 'cuda'], 'PROVIDER_UNAVAILABLE', env],
  ] as [string[], string, NodeJS.ProcessEnv][]) {
    const run = await runCli(['selftest', '--json', ...args, ...PATIENT], { env: environment });
    t.equal(run.status, 1, args.join(' '));
    t.match(run.stderr, new RegExp(`^${code}: .+\\n {2}.+\\n$`));
    t.match(JSON.parse(run.stdout), {
      ok: false,
      precision: null,
      frames: 0,
      problems: [{ check: 'run', code }],
    });
  }
  t.strictSame(leftovers(), []);
});

t.test('wrong usage is told before anything is started', async (t) => {
  const { folder, env } = workspace(t);
  const file = config(folder, {});
  for (const [args, said] of [
    [['--model', 'people'], '--model names a model of a configuration'],
    [['-c', file, '--model', 'cars'], 'The configuration has no model "cars"'],
  ] as [string[], string][]) {
    const run = await runCli(['selftest', ...args], { env });
    t.match(run, { status: 2, stdout: '' });
    t.match(run.stderr, `USAGE: ${said}`);
  }
});

t.test(
  "a configured broker is used with its login, below the device's topics, and left clean",
  { skip: noGstreamer || noMosquitto },
  async (t) => {
    const { folder, env, leftovers } = workspace(t);
    writeFileSync(
      join(folder, 'acl'),
      'user dock\ntopic readwrite detectd/dock-3/#\nuser all\ntopic readwrite #\n',
    );
    writeFileSync(join(folder, 'password'), 'secret\n');
    const passwords = passwordFile(folder, 'dock', 'secret');
    const broker = await mosquitto(t, [
      'allow_anonymous false',
      `password_file ${passwords}`,
      `acl_file ${join(folder, 'acl')}`,
    ]);
    const login = { broker: broker.url, username: 'dock', password: '${file:password}' };
    const watcher = await mqttWatcher(t, broker.url, '#', { username: 'dock', password: 'secret' });
    const run = await runCli(['selftest', '--json', '-c', config(folder, login), ...PATIENT], { env });
    t.equal(run.status, 0, `${run.stdout}${run.stderr}`);
    t.match(JSON.parse(run.stdout), { ok: true, provider: 'cpu', broker: broker.url });
    const topics = new Set(
      watcher.messages.map(({ topic }) => topic.replace(/selftest-[0-9a-f]+/, 'selftest-X')),
    );
    t.strictSame(
      [...topics].sort(),
      [
        'detectd/dock-3/selftest-X/cameras/shapes/counts',
        'detectd/dock-3/selftest-X/cameras/shapes/detections',
        'detectd/dock-3/selftest-X/cameras/shapes/events',
        'detectd/dock-3/selftest-X/cameras/shapes/status',
        'detectd/dock-3/selftest-X/events',
        'detectd/dock-3/selftest-X/health',
        'detectd/dock-3/selftest-X/info',
        'detectd/dock-3/selftest-X/models/shapes/state',
        'detectd/dock-3/selftest-X/status',
        ...[...topics].filter((topic) => topic.includes('/check/')),
      ].sort(),
    );

    const late = await connectAsync(broker.url, { username: 'dock', password: 'secret' });
    t.teardown(() => late.end(true));
    const retained: string[] = [];
    late.on('message', (topic) => retained.push(topic));
    await late.subscribeAsync('detectd/dock-3/#', { qos: 1 });
    // Retained messages come before the answer to a later packet.
    await late.subscribeAsync('detectd/dock-3/none', { qos: 1 });
    t.strictSame(retained, [], 'nothing is retained');

    const wrong = config(folder, { ...login, password: 'guess' });
    const refused = await runCli(['selftest', '-c', wrong, ...PATIENT], { env });
    t.match(refused, { status: 1, stdout: '', stderr: /^MQTT_REFUSED: / });
    const outside = config(folder, { ...login, base: 'elsewhere' });
    const silent = await runCli(['selftest', '-c', outside, ...PATIENT], { env });
    t.match(silent, { status: 1, stdout: '', stderr: /^MQTT_REFUSED: / });
    t.strictSame(leftovers(), []);
  },
);

t.test('a worker that dies midway fails it', { skip: noGstreamer || noMosquitto }, async (t) => {
  const { folder, env } = workspace(t);
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const run = await runCli(['selftest', '--json', '-c', config(folder, { broker: broker.url }), ...PATIENT], {
    env,
    onStart: (child) =>
      void watcher
        .until(({ topic }) => topic.endsWith('/detections'))
        .then(() => {
          const below = processesBelow(child.pid as number);
          const worker = below.find(({ command }) => command.includes('worker/main.js'));
          process.kill(worker?.pid as number, 'SIGKILL');
        }),
  });
  t.equal(run.status, 1, run.stderr);
  t.match(JSON.parse(run.stdout).problems, [{ check: 'worker', code: 'WORKER_CRASHED' }]);
});

t.test('Ctrl-C in the middle leaves neither processes nor files', skip, async (t) => {
  const { env, leftovers } = workspace(t);
  const below = new Set<number>();
  let watch: NodeJS.Timeout | undefined;
  const run = await runCli(['selftest', '--seconds', '600'], {
    env,
    onStart: (child) => {
      watch = setInterval(() => {
        const processes = processesBelow(child.pid as number);
        for (const { pid } of processes) below.add(pid);
        if (!processes.some(({ command }) => command.includes('worker/main.js'))) return;
        clearInterval(watch);
        child.kill('SIGINT');
      }, 20);
    },
  });
  clearInterval(watch);
  t.match(run, { status: 130, stdout: '', stderr: '' });
  t.strictSame([...below].filter(isAlive), []);
  t.strictSame(leftovers(), []);
});
