/** What `doctor` tries of a configuration, as far as it needs no camera and no broker. */
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { configChecks, folderFinding } from '../../dist/commands/config-checks.js';
import type { Finding } from '../../dist/commands/finding.js';
import { loadConfig } from '../../dist/config/load.js';
import { workerPlan } from '../../dist/config/plan.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { FakeClock } from '../helpers/fake-clock.js';

type Script = Parameters<typeof childEnv>[0];

async function findings(
  t: Pick<Test, 'testdir'>,
  { config, script = {} }: { config: string; script?: Script },
): Promise<Finding[]> {
  const folder = t.testdir({ 'detectd.yaml': config, taken: '' });
  const loaded = await loadConfig(join(folder, 'detectd.yaml'), { env: {} });
  const folders = { state: join(folder, 'state'), cache: join(folder, 'cache') };
  const child = { module: CHILD_MODULE, env: childEnv(script), clock: new FakeClock() };
  const found: Finding[] = [];
  for await (const finding of configChecks({
    loaded,
    folders: config.includes('# no folders') ? { state: join(folder, 'taken'), cache: '/proc/x' } : folders,
    plan: workerPlan(loaded.config, folders, folder),
    timeoutMs: 1000,
    probeOptions: (timeoutMs) => ({ ...child, timeoutMs }),
    detector: child,
  }))
    found.push(finding);
  return found;
}

function config(port: number, extra = ''): string {
  return `
mqtt: { broker: embedded, embedded: { port: ${port} } }
models: { people: { bundle: people }, cars: { bundle: cars } }
cameras:
  a: { source: "test:ball", model: people }
  b: { source: "test:ball", model: cars }
  c: { source: "test:ball", model: people, enabled: false }
${extra}`;
}

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as { port: number }).port };
}

async function freePort(): Promise<number> {
  const { server, port } = await listen();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const good: Script = {
  open: [
    [
      'send',
      {
        type: 'opened',
        report: {
          family: 'PicoDet',
          networkWidth: 416,
          networkHeight: 320,
          labels: ['a', 'b'],
          provider: 'cpu',
          loadMs: 7,
        },
      },
    ],
  ],
  camera: [['send', { type: 'camera', width: 640, height: 480, openMs: 30, pipeline: 'a ! b' }]],
  end: [['exit', 0]],
};

t.test('everything is tried, in the order of the configuration', async (t) => {
  const found = await findings(t, { config: config(await freePort()), script: good });
  t.strictSame(
    found.map(({ check, state }) => `${check}: ${state}`),
    [
      'state folder: ok',
      'cache folder: ok',
      'outbox: ok',
      'mqtt broker: ok',
      'model people: ok',
      'model cars: ok',
      'camera a: ok',
      'camera b: ok',
    ],
    'but not what is switched off',
  );
  t.equal(found[4]?.detail, 'PicoDet, 416×320, 2 labels, ready in 7 ms on cpu');
  t.equal(found[6]?.detail, '640×480, first frame after 30 ms');
});

t.test('faults are found side by side, each with its cure', async (t) => {
  const error = (code: string) => ({ type: 'fatal', error: { code, message: `${code}.`, hint: 'Do it.' } });
  const script: Script = {
    open: [['send', error('BUNDLE_NOT_FOUND')]],
    camera: [['send', error('CAMERA_OPEN')]],
  };
  const found = await findings(t, { config: `${config(await freePort())}# no folders`, script });
  t.strictSame(
    found.map(({ code }) => code),
    [
      'FOLDER_UNWRITABLE',
      'FOLDER_UNWRITABLE',
      undefined,
      'BUNDLE_NOT_FOUND',
      'BUNDLE_NOT_FOUND',
      'CAMERA_OPEN',
      'CAMERA_OPEN',
    ],
  );
  t.ok(found.every(({ state, cure }) => state === 'ok' || (cure ?? '') !== ''));
});

t.test('a camera that is sliced says into how many tiles, or that they are too many', async (t) => {
  const slicings = ['{ tile: 320 }', '{}', '{ tile: 32, overlap: 0.5 }'];
  const cameras = slicings.map(
    (slicing, index) => `  ${'xyz'[index]}: { source: "test:ball", model: people, slicing: ${slicing} }`,
  );
  const found = await findings(t, { config: config(await freePort(), cameras.join('\n')), script: good });
  t.match(found.slice(-3), [
    { state: 'ok', detail: '640×480, in 6 tiles, first frame after 30 ms' },
    { state: 'ok', detail: '640×480, in tiles, first frame after 30 ms' },
    { state: 'failed', code: 'SLICING_TOO_FINE', detail: /1131 tiles/ },
  ]);
});

t.test('a process that dies is one finding', async (t) => {
  const script: Script = { ...good, camera: [['kill', 'SIGSEGV']] };
  const found = await findings(t, { config: config(await freePort()), script });
  t.match(found[6], { check: 'camera a', state: 'failed', code: 'WORKER_CRASHED', detail: /SIGSEGV/ });
  t.equal(found.length, 8);
});

t.test('the port of the embedded broker may be taken by detectd itself', async (t) => {
  const { server, port } = await listen();
  const found = await findings(t, { config: config(port), script: good });
  t.match(found[3], { check: 'mqtt broker', state: 'warning', detail: /listens on .* already/ });
  server.close();
});

t.test('a disk that is nearly full is a warning', async (t) => {
  t.match(folderFinding('cache folder', '/c', 50e9), {
    state: 'ok',
    detail: '/c can be written, 50.0 GB free',
  });
  t.match(folderFinding('cache folder', '/c', 100e6), {
    state: 'warning',
    detail: '/c has only 0.1 GB free',
  });
});
