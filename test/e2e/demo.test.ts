/** The demo as a person meets it: on a terminal and without one, with what goes wrong, and when it is interrupted. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { noCapture } from '../helpers/capture-rig.js';
import { isAlive, processesBelow } from '../helpers/process-tree.js';
import { REPOSITORY } from '../helpers/stand-in-checkout.js';
import { until } from '../helpers/until.js';

interface Demo {
  child: ChildProcess;
  /** What it printed so far, errors included. */
  text: () => string;
  status: Promise<number | null>;
  folder: string;
}

const DEADLINE_MS = 120_000;
const DEMO = join(REPOSITORY, 'scripts/demo');

const BROKEN = {
  'infer_cfg.yml': readFileSync(join(REPOSITORY, 'config/bundles/shapes/infer_cfg.yml'), 'utf8'),
  'model.onnx': 'nonsense',
};

/** Runs it in a group of its own, with folders of the test's. */
function start(t: Test, argv: string[], env: NodeJS.ProcessEnv = {}): Demo {
  const folder = t.testdir({ tmp: {}, cache: {}, bundle: BROKEN });
  const [program = '', ...args] = argv;
  const child = spawn(program, args, {
    detached: true,
    env: { ...process.env, TMPDIR: join(folder, 'tmp'), XDG_CACHE_HOME: join(folder, 'cache'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  const late = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  const status = once(child, 'close').then(([code]) => {
    clearTimeout(late);
    return code as number | null;
  });
  return { child, text: () => text, status, folder };
}

const demo = (t: Test, ...args: string[]) => start(t, [DEMO, ...args]);

t.test('with nothing given it finds drawn shapes and ends with a picture', { skip: noCapture }, async (t) => {
  const { text, status, folder } = demo(t, '--seconds', '3');
  t.equal(await status, 0, text());
  t.match(text(), /mosquitto_sub -h 127\.0\.0\.1 -p \d+ -v -t 'detectd\/#'/);
  t.match(text(), /node scripts\/demo-subscribe\.mjs \d+/);
  t.match(text(), /First detection \d+\.\d s after the start of detectd, \d+\.\d s after this command\./);
  t.match(text(), /\b(circle|square|triangle|star|cross|ring) \d+ \(best 0\.\d+\)/);
  t.match(text(), /The demo works: [1-9]\d* frames in 3 s, .*[1-9]\d* objects, \d+ % of what was drawn\./);
  t.match(text(), /doctor -c detectd\.yaml/);
  t.notMatch(text(), '\x1b', 'plain lines into a pipe');
  const picture = join(folder, 'cache/detectd-demo/demo.jpg');
  t.ok(text().includes(picture));
  t.same([...readFileSync(picture).subarray(0, 3)], [0xff, 0xd8, 0xff]);
  t.same(readdirSync(join(folder, 'tmp')), [], 'nothing else is left');
});

const noScript =
  spawnSync('script', ['--version']).status === 0 ? false : 'script (bsdutils) is not installed';
t.test('on a terminal it shows where things are', { skip: noCapture || noScript }, async (t) => {
  const command = `stty rows 40 cols 100; ${DEMO} --seconds 2`;
  const terminal = ['script', '-qec', command, '/dev/null'];
  const coloured = start(t, terminal, { TERM: 'xterm', NO_COLOR: '' });
  t.equal(await coloured.status, 0, coloured.text());
  t.match(coloured.text(), '\x1b[21A', 'drawn in place');
  t.match(coloured.text(), '\x1b[3');
  const plain = start(t, terminal, { TERM: 'xterm', NO_COLOR: '1' });
  t.equal(await plain.status, 0, plain.text());
  t.match(plain.text(), /\|.*\+(circle|square|triangle|star|cross|ring)-*\+.*\|/);
  t.match(plain.text(), /\| {2}(circle|square|triangle|star|cross|ring) +0\.\d\d/);
  t.notMatch(plain.text(), '\x1b[3');
});

t.test('a model that does not load fails the demo with its reason', { skip: noCapture }, async (t) => {
  const { text, status } = demo(t, '--bundle', join(t.testdirName, 'bundle'));
  t.equal(await status, 1);
  t.match(text(), /which this model does not know/);
  t.match(text(), /The demo failed: .*model\.onnx is not an ONNX model/);
  t.match(text(), /the last lines of its log:\n/);
});

t.test('a demo that detects nothing has failed', { skip: noCapture }, async (t) => {
  const { text, status } = demo(t, '--seconds', '1', '--threshold', '1');
  t.equal(await status, 1);
  t.match(
    text(),
    /The demo failed: nothing was detected in [1-9]\d* frames; a lower --threshold shows more\./,
  );
  t.notMatch(text(), /its log/);
});

t.test('interrupted, it leaves nothing running and nothing behind', { skip: noCapture }, async (t) => {
  const { child, text, status, folder } = demo(t);
  const pid = child.pid as number;
  await until(() => /First detection/.test(text()), DEADLINE_MS);
  const below = processesBelow(pid).map((each) => each.pid);
  t.ok(below.length >= 3, 'daemon, worker and view');
  process.kill(-pid, 'SIGINT');
  t.equal(await status, 130, text());
  await until(() => !below.some(isAlive));
  t.same(readdirSync(join(folder, 'tmp')), []);
});

t.test('what it prints to paste shows the messages', { skip: noCapture }, async (t) => {
  const running = demo(t, '--seconds', '60');
  await until(() => /First detection/.test(running.text()), DEADLINE_MS);
  const [, command = ''] = /^ {2}(cd .*demo-subscribe\.mjs \d+)$/m.exec(running.text()) ?? [];
  const subscriber = spawn('bash', ['-c', `exec ${command.replace(/^.*&& /, '')}`], { cwd: REPOSITORY });
  let lines = '';
  subscriber.stdout.setEncoding('utf8').on('data', (part: string) => {
    lines += part;
  });
  await until(() => /^detectd\/demo\/cameras\/demo\/detections \{.*"truth":\[/m.test(lines), DEADLINE_MS);
  subscriber.kill();
  process.kill(-(running.child.pid as number), 'SIGTERM');
  t.equal(await running.status, 143);
  const nobody = spawnSync(process.execPath, ['scripts/demo-subscribe.mjs', '1'], { cwd: REPOSITORY });
  t.equal(nobody.status, 1);
  t.match(nobody.stderr.toString(), /^error: no broker at 127\.0\.0\.1:1: .*ECONNREFUSED/);
});

t.test('it says which option is wrong', async (t) => {
  const wrong = [
    ['--bundle', '/no/such'],
    ['--bundle', join(REPOSITORY, 'config')],
    ['--seconds', '0'],
    ['--threshold', '2'],
    ['--video', '/no/such'],
    ['--output', '/proc/no/such'],
  ];
  for (const [option = '', value = ''] of wrong) {
    const refused = demo(t, option, value);
    t.equal(await refused.status, 2, `${option} ${value}`);
    t.match(refused.text(), `${option} `);
  }
});
