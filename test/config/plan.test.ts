/** From the configuration to the worker's plan. */
import t from 'tap';
import { prettyLogs, usedModels, workerPlan } from '../../dist/config/plan.js';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import { testConfig } from '../helpers/config.js';

const folders = { cache: '/var/cache/detectd' };

t.test('enabled cameras and the models they use are planned, with sources parsed', (t) => {
  const config = testConfig({
    models: { people: { bundle: 'people', threshold: 0.4, threads: 2 }, spare: { bundle: '/spare' } },
    cameras: {
      gate: { source: 'file:clip.mp4', model: 'people', every_frame: true, fps: 5, stall_timeout_s: 2.5 },
      street: {
        source: 'rtsp://h/x',
        model: 'people',
        rtsp_transport: 'udp',
        rtsp_latency_ms: 10,
        codec: 'vp9',
      },
      off: { source: 'v4l2:0', model: 'spare', enabled: false },
    },
  });
  t.strictSame(workerPlan(config, folders, '/etc/detectd', { measureCpu: true }), {
    models: [
      {
        name: 'people',
        bundle: '/etc/detectd/people',
        threshold: 0.4,
        precision: 'fp32',
        provider: 'auto',
        threads: 2,
        faint: 0.1,
        modes: ['live'],
        providers: ['cpu'],
      },
    ],
    cameras: [
      {
        name: 'gate',
        source: { kind: 'file', path: '/etc/detectd/clip.mp4' },
        model: 'people',
        fps: 5,
        everyFrame: true,
        loop: false,
        stallTimeoutMs: 2700,
        frozenAfterMs: 4000,
        blackAfterMs: 3000,
        slicing: undefined,
      },
      {
        name: 'street',
        source: { kind: 'rtsp', url: 'rtsp://h/x', transport: 'udp', latencyMs: 10, codec: 'vp9' },
        model: 'people',
        fps: undefined,
        everyFrame: false,
        loop: false,
        stallTimeoutMs: 4000,
        frozenAfterMs: 4000,
        blackAfterMs: 3000,
        slicing: undefined,
      },
    ],
    cameraCapacity: 8,
    maxEngineBytes: 2048e6,
    device: UNKNOWN_DEVICE,
    cacheFolder: '/var/cache/detectd',
    log: { level: 'info', pretty: false },
    measureCpu: true,
  });
  t.end();
});

t.test('the accelerator of a model is part of its plan only where one is named', (t) => {
  const cameras = { a: { source: 'test:ball', model: 'people' } };
  const planned = (dla_core?: number) => {
    const models = { people: { bundle: '/p', ...(dla_core === undefined ? {} : { dla_core }) } };
    return workerPlan(testConfig({ models, cameras }), folders, '/').models[0];
  };
  t.equal(planned(1)?.dlaCore, 1);
  t.equal('dlaCore' in (planned() ?? {}), false);
  t.equal('dla_core' in (planned(1) ?? {}), false);
  t.end();
});

t.test('a camera that gives a frame now and then has the time between two frames on top', (t) => {
  const timeout = (settings: object) => {
    const cameras = { a: { source: 'test:ball', model: 'people', ...settings } };
    return workerPlan(testConfig({ cameras }), folders, '/').cameras[0]?.stallTimeoutMs;
  };
  t.equal(timeout({}), 4000);
  t.equal(timeout({ fps: 0.05 }), 24_000);
  t.equal(timeout({ fps: 0.05, stall_timeout_s: 1 }), 21_000);
  t.equal(timeout({ fps: 1e-12 }), 86_404_000, 'within what a timer can wait');
  t.end();
});

t.test('0 means that nobody looks whether a camera is frozen or black', (t) => {
  const cameras = { a: { source: 'test:ball', model: 'people', frozen_after_s: 0, black_after_s: 0 } };
  const [plan] = workerPlan(testConfig({ cameras }), folders, '/').cameras;
  t.notOk('frozenAfterMs' in (plan ?? {}) || 'blackAfterMs' in (plan ?? {}));
  t.end();
});

t.test('a camera that is sliced has its model loaded for that, with defaults for what is not said', (t) => {
  const camera = (slicing?: object) => ({ source: 'test:ball', model: 'people', slicing });
  const plan = (cameras: Record<string, object>) => workerPlan(testConfig({ cameras }), folders, '/');
  const { models, cameras } = plan({
    wide: camera({ tile: 640, merge: 'nms' }),
    gate: camera(),
    far: camera({}),
  });
  t.strictSame(models[0]?.modes, ['live', 'exact']);
  t.strictSame(
    cameras.map(({ slicing }) => slicing),
    [
      { tile: 640, overlap: 0.2, merge: 'nms', threshold: 0.5, whole: true },
      undefined,
      { tile: 'auto', overlap: 0.2, merge: 'ios', threshold: 0.5, whole: true },
    ],
  );
  t.strictSame(plan({ wide: camera({}) }).models[0]?.modes, ['exact'], 'and only for that');
  t.end();
});

t.test('a view is part of the plan where it is one', (t) => {
  const view = (camera: object) =>
    workerPlan(
      testConfig({ cameras: { c: { source: 'test:ball', model: 'people', ...camera } } }),
      { cache: '/c' },
      '/',
    ).cameras[0]?.view;
  t.equal(view({}), undefined);
  t.equal(view({ rotate: 0 }), undefined);
  t.strictSame(view({ rotate: 270 }), { rotate: 270 });
  t.strictSame(view({ region: { x: 0.5, width: 0.5 } }), { region: { x: 0.5, y: 0, width: 0.5, height: 1 } });
  t.end();
});

t.test('with every camera disabled there is nothing to run', (t) => {
  const config = testConfig({ cameras: { a: { source: 'v4l2:0', model: 'people', enabled: false } } });
  t.strictSame(usedModels(config), []);
  t.match(workerPlan(config, folders, '/'), { models: [], cameras: [] });
  t.end();
});

t.test('a model that no camera uses is part of a plan where it is asked for', (t) => {
  const models = { people: { bundle: '/p' }, spare: { bundle: '/s' } };
  const config = testConfig({ models, cameras: { a: { source: 'test:ball', model: 'people' } } });
  const names = (also?: string) =>
    workerPlan(config, folders, '/', also === undefined ? {} : { also }).models.map(({ name }) => name);
  t.strictSame(names(), ['people']);
  t.strictSame(names('spare'), ['people', 'spare']);
  t.strictSame(names('people'), ['people']);
  t.strictSame(usedModels(config, 'spare')[1]?.modes, ['live']);
  t.end();
});

t.test('a source that does not parse is refused', (t) => {
  const config = testConfig({ cameras: { a: { source: 'nonsense', model: 'people' } } });
  t.throws(() => workerPlan(config, folders, '/'), { code: 'CONFIG_INVALID' });
  t.end();
});

t.test('logs are for people on a terminal, or when asked for', (t) => {
  t.equal(prettyLogs(testConfig(), true), true);
  t.equal(prettyLogs(testConfig(), false), false);
  t.equal(prettyLogs(testConfig({ log: { format: 'json' } }), true), false);
  t.equal(prettyLogs(testConfig({ log: { format: 'pretty' } }), false), true);
  t.end();
});

t.test('a worker is sized for eight cameras at a time', (t) => {
  const capacity = (count: number) => {
    const cameras = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`c${index}`, { source: 'test:ball', model: 'people' }]),
    );
    return workerPlan(testConfig({ cameras }), folders, '/').cameraCapacity;
  };
  t.strictSame([1, 8, 9, 17].map(capacity), [8, 8, 16, 24]);
  t.end();
});

t.test('where nothing is followed nobody wants to know of faint detections', async (t) => {
  const plan = workerPlan(testConfig({ tracking: { enabled: false } }), { cache: '/c' }, '/etc');
  t.notOk('faint' in (plan.models[0] ?? {}));
});
