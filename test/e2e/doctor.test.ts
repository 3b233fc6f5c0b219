/** `detectd doctor`, from a user's chair. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Finding } from '../../dist/commands/finding.js';
import type { DeviceIdentity } from '../../dist/core/device-info.js';
import { isAlive, processesBelow } from '../helpers/process-tree.js';
import { type CliRun, runCli } from '../helpers/run-cli.js';
import { noGstreamer, testVideo } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { type Workspace, workspace } from '../helpers/workspace.js';

interface Report {
  ok: boolean;
  device: DeviceIdentity;
  findings: Finding[];
}

function configure({ folder }: Workspace, lines: string[]): string {
  tinyBundle(join(folder, 'bundle'));
  const file = join(folder, 'detectd.yaml');
  const paths = `paths: { state: ${join(folder, 'state')}, cache: ${join(folder, 'cache')} }`;
  writeFileSync(file, [paths, 'models: { people: { bundle: bundle } }', ...lines].join('\n'));
  return file;
}

/** Environment in which no configuration of this machine is found. */
function bare({ env, folder }: Workspace): NodeJS.ProcessEnv {
  return { ...env, HOME: folder, XDG_CONFIG_HOME: folder, DETECTD_CONFIG: '' };
}

function report({ stdout }: CliRun): Report {
  return JSON.parse(stdout) as Report;
}

function finding(run: CliRun, check: string): Finding | undefined {
  return report(run).findings.find((each) => each.check === check);
}

async function silentServer(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as { port: number }).port };
}

t.test('without a configuration the machine is checked', async (t) => {
  const place = workspace(t);
  const run = await runCli(['doctor', '--json'], { env: bare(place), cwd: place.folder });
  const { findings } = report(run);
  for (const { check, state, detail, cure } of findings) {
    t.ok(['ok', 'warning', 'failed'].includes(state), check);
    t.ok(detail.length > 0);
    t.equal(state === 'ok', cure === undefined, `${check}: what is not well has its cure`);
  }
  const { info, sources } = report(run).device;
  t.equal(info.architecture, process.arch);
  t.match(sources.tensorrt, /libnvinfer/, 'found, or where it was looked for');
  for (const check of ['device', 'node', 'clock', 'onnxruntime', 'pictures', 'configuration'])
    t.match(finding(run, check), { state: 'ok' }, check);
  t.equal(run.status, report(run).ok ? 0 : 1);
  t.strictSame(place.leftovers(), []);
});

t.test('each camera comes with the command that plays it', { skip: noGstreamer }, async (t) => {
  const place = workspace(t);
  const name = "it's a $(clip); x.avi";
  testVideo(join(place.folder, name), 5);
  const config = configure(place, [
    'cameras:',
    `  clip: { source: "file:${name}", model: people }`,
    '  gone: { source: "rtsp://me:hidden@127.0.0.1:9/x", model: people }',
  ]);
  const run = await runCli(['doctor', '--json', '-c', config], { env: place.env, cwd: '/' });
  const gone = finding(run, 'camera gone');
  t.match(gone, { state: 'failed', launch: /^gst-launch-1\.0 rtspsrc 'location=rtsp:\/\/\*\*\*@127/ });
  t.notMatch(run.stdout, /hidden/);
  const { launch = '' } = finding(run, 'camera clip') ?? {};
  const played = spawnSync('bash', ['-c', launch], { encoding: 'utf8', timeout: 60_000 });
  t.equal(played.status, 0, `${launch}\n${played.stderr}`);
  t.match(played.stdout, /EOS/);
});

t.test('a good configuration passes, model and cameras tried', { skip: noGstreamer }, async (t) => {
  const place = workspace(t);
  testVideo(join(place.folder, 'clip.avi'), 5);
  const config = configure(place, [
    'mqtt: { broker: embedded, embedded: { port: 18861 } }',
    'cameras:',
    '  ball: { source: "test:ball?width=320&height=240", model: people }',
    '  drawn: { source: "test:shapes?width=322&height=240", model: people }',
    '  clip: { source: "file:clip.avi", model: people }',
  ]);
  const run = await runCli(['doctor', '-c', config], { env: place.env, cwd: '/' });
  t.match(run.stdout, /^ok +model people: boxes with post-processing, 32×32, 1 labels/m);
  t.match(run.stdout, /^ok +camera ball: 320×240, first frame after \d+ ms$/m);
  t.match(run.stdout, /^ok +camera drawn: 322×240, first frame after \d+ ms$/m);
  t.match(run.stdout, /^ok +camera clip: 64×48/m);
  t.match(run.stdout, /^ok +mqtt broker: embedded/m);
  t.match(run.stdout, /^\d+ checks, none failed, \d+ with a warning\.$/m);
  t.notMatch(run.stdout, '\x1b', 'no colours into a pipe');
  t.equal(run.status, 0, run.stdout + run.stderr);
  t.strictSame(place.leftovers(), []);
});

t.test('a model whose provider is not here is tried as the daemon runs it, with a warning', async (t) => {
  const place = workspace(t);
  const config = configure(place, ['cameras: { gone: { source: "v4l2:/dev/video99", model: people } }']);
  const text = readFileSync(config, 'utf8');
  writeFileSync(config, text.replace('bundle: bundle', 'bundle: bundle, provider: tensorrt'));
  const run = await runCli(['doctor', '-c', config, '--json'], { env: place.env });
  t.match(finding(run, 'model people'), { state: 'ok', detail: /on cpu$/ });
  t.match(finding(run, 'provider of people'), { state: 'warning', detail: /^tensorrt is not used: / });
});

t.test('everything that is broken is found at once, each with its cure', { skip: noGstreamer }, async (t) => {
  const place = workspace(t);
  const { server, port } = await silentServer();
  const config = configure(place, [
    'mqtt: { broker: "mqtt://127.0.0.1:1" }',
    'cameras:',
    '  gone: { source: "v4l2:/dev/video99", model: people }',
    '  refused: { source: "rtsp://127.0.0.1:1/x", model: people }',
    `  silent: { source: "rtsp://127.0.0.1:${port}/x", model: people }`,
    '  missing: { source: "file:nowhere.mp4", model: people }',
    '  odd: { source: "gst:nosuchelement ! videoconvert", model: people }',
    '  ball: { source: "test:ball", model: people }',
  ]);
  const run = await runCli(['doctor', '-c', config, '--json', '--timeout', '15'], { env: place.env });
  server.close();
  t.equal(run.status, 1);
  const codes = report(run).findings.map(({ check, code }) => [check, code]);
  t.strictSame(codes.slice(codes.findIndex(([check]) => check === 'mqtt broker')), [
    ['mqtt broker', 'MQTT_UNREACHABLE'],
    ['model people', undefined],
    ['camera gone', 'CAMERA_OPEN'],
    ['camera refused', 'CAMERA_OPEN'],
    ['camera silent', 'CAMERA_OPEN'],
    ['camera missing', 'VIDEO_UNREADABLE'],
    ['camera odd', 'PIPELINE_INVALID'],
    ['camera ball', undefined],
  ]);
  t.ok(report(run).findings.every(({ state, cure }) => state === 'ok' || (cure ?? '').length > 5));
  t.match(run.stderr, /^DOCTOR_FOUND: 6 of \d+ checks failed\./);
  t.strictSame(place.leftovers(), []);
});

t.test('a broken configuration is one finding among the others', async (t) => {
  const place = workspace(t);
  const config = configure(place, ['camera: {}']);
  const run = await runCli(['doctor', '--json', '-c', config], { env: place.env });
  t.equal(run.status, 1);
  t.match(finding(run, 'configuration'), { state: 'failed', code: 'CONFIG_INVALID', detail: /"camera"/ });
  t.match(finding(run, 'onnxruntime'), { state: 'ok' });
  const none = await runCli(['doctor', '--json', '-c', join(place.folder, 'none')], { env: place.env });
  t.match(finding(none, 'configuration'), { state: 'failed', code: 'CONFIG_NOT_FOUND' });
});

t.test('a machine without GStreamer hears what to install', async (t) => {
  const place = workspace(t);
  const bin = join(place.folder, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  const run = await runCli(['doctor', '--json'], { env: { ...bare(place), PATH: bin }, cwd: place.folder });
  t.equal(run.status, 1);
  t.match(finding(run, 'gstreamer elements'), {
    state: 'failed',
    code: 'GSTREAMER_MISSING',
    detail: /gst-inspect-1\.0.* not installed/,
    cure: /apt-get install gstreamer1\.0-tools/,
  });
});

t.test('Ctrl-C while a camera is tried leaves no process', { skip: noGstreamer }, async (t) => {
  const place = workspace(t);
  const { server } = await silentServer();
  const { port } = server.address() as { port: number };
  const config = configure(place, [
    'mqtt: { broker: embedded, embedded: { port: 18862 } }',
    `cameras: { silent: { source: "rtsp://127.0.0.1:${port}/x", model: people } }`,
  ]);
  let below: number[] = [];
  const run = await runCli(['doctor', '-c', config, '--timeout', '600'], {
    env: place.env,
    onStart: (child) =>
      // The camera is really being asked.
      server.once('connection', () => {
        below = processesBelow(child.pid as number).map(({ pid }) => pid);
        child.kill('SIGINT');
      }),
  });
  server.close();
  t.equal(run.status, 130);
  t.ok(below.length > 0);
  t.strictSame(below.filter(isAlive), []);
  t.strictSame(place.leftovers(), []);
});
