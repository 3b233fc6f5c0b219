/** What a worker does with frames, results, ends and faults. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { DEFAULT_SLICING } from '../../dist/core/slicing.js';
import type { WorkerPlan } from '../../dist/core/worker-plan.js';
import { WorkerPipeline } from '../../dist/worker/pipeline.js';
import { settle } from '../helpers/fake-clock.js';
import { cameraPlan, modelPlan, workerPlan } from '../helpers/plans.js';
import { modelReport, WorkerParts } from '../helpers/worker-parts.js';

async function started(
  plan: WorkerPlan = workerPlan(),
  prepare: (parts: WorkerParts) => void = () => {},
): Promise<{ pipeline: WorkerPipeline; parts: WorkerParts }> {
  const parts = new WorkerParts();
  prepare(parts);
  const pipeline = new WorkerPipeline(plan, parts.parts());
  await pipeline.start();
  return { pipeline, parts };
}

t.test('cameras are opened after the models are ready, at the size of the network', async (t) => {
  const { parts } = await started();
  t.strictSame(parts.types(), ['heartbeat', 'ready']);
  t.ok(parts.camera().started);
  t.strictSame(parts.camera().target, { kind: 'scaled', width: 416, height: 416, format: 'RGB' });
});

t.test("a board's converter delivers four channels", async (t) => {
  const { parts } = await started(workerPlan(), (made) => made.elements.push('nvvidconv'));
  t.match(parts.camera().target, { format: 'RGBA' });
});

t.test('a model whose size depends on the picture gets pictures as they are', async (t) => {
  const { parts } = await started(workerPlan(), (made) => {
    made.models = [modelReport({ mode: 'exact' })];
  });
  t.strictSame(parts.camera().target, { kind: 'source-size', format: 'RGB' });
});

t.test('a camera that is sliced gets pictures as they are, beside one that is not', async (t) => {
  const cameras = [cameraPlan({ slicing: DEFAULT_SLICING }), cameraPlan({ name: 'yard' })];
  const { parts } = await started(workerPlan({ cameras }));
  t.strictSame(parts.camera('gate').target, { kind: 'source-size', format: 'RGB' });
  t.match(parts.camera('yard').target, { kind: 'scaled', width: 416 });
  parts.camera('gate').deliver();
  parts.camera('yard').deliver();
  t.strictSame(parts.inference?.slicings, [DEFAULT_SLICING, undefined]);
});

t.test('each tile counts as a sign of life of the model', async (t) => {
  const { parts } = await started(workerPlan({ cameras: [cameraPlan({ slicing: DEFAULT_SLICING })] }));
  const owed = () => {
    parts.clock.advance(1000);
    return parts.of('heartbeat').at(-1)?.inferringMs;
  };
  parts.camera().deliver();
  t.equal(owed(), 1000);
  parts.clock.advance(8000);
  parts.inference?.handlers.onProgress();
  t.equal(owed(), 1000, 'since the last tile, not since the picture');
  parts.inference?.answer();
  t.equal(owed(), null);
  parts.inference?.handlers.onProgress();
  t.equal(owed(), null, 'a late word does not start a debt');
});

t.test(
  'a camera whose pictures would be cut too fine is closed with the reason; the others go on',
  async (t) => {
    const cameras = [cameraPlan({ slicing: DEFAULT_SLICING }), cameraPlan({ name: 'yard' })];
    const { parts } = await started(workerPlan({ cameras }));
    parts.camera('gate').deliver(2);
    const error = new DetectdError('SLICING_TOO_FINE', 'too many', 'larger');
    parts.inference?.fail(error);
    parts.inference?.fail(error);
    t.ok(parts.camera('gate').stopped);
    t.match(parts.of('camera'), [
      { report: { camera: 'gate', state: 'offline', error: { code: 'SLICING_TOO_FINE', hint: 'larger' } } },
    ]);
    for (let count = 0; count < 40; count += 1) parts.camera('gate').deliver();
    parts.camera('yard').deliver();
    parts.inference?.answer();
    t.equal(parts.of('result').length, 1);
    t.equal(parts.of('fatal').length, 0);
  },
);

t.test('a model that does not load opens no camera', async (t) => {
  const parts = new WorkerParts();
  parts.refuse = new DetectdError('MODEL_NOT_ONNX', 'no model');
  await t.rejects(new WorkerPipeline(workerPlan(), parts.parts()).start(), { code: 'MODEL_NOT_ONNX' });
  t.equal(parts.cameras.size, 0);
});

t.test('two frames are on their way at most and the newest waits', async (t) => {
  const { parts } = await started();
  parts.camera().deliver(5);
  t.strictSame(
    parts.inference?.taken.map(({ sequence }) => sequence),
    [0, 1],
  );
  parts.inference?.answer();
  t.strictSame(
    parts.inference?.taken.map(({ sequence }) => sequence),
    [0, 1, 4],
  );
  parts.clock.advance(1000);
  t.match(parts.of('heartbeat').at(-1)?.cameras, [
    { camera: 'gate', captured: 5, analysed: 1, drops: { replaced: 2, closed: 0 }, reconnects: 3 },
  ]);
});

t.test('every result is passed on and accounted for', async (t) => {
  const { parts } = await started();
  parts.camera().deliver(2);
  parts.inference?.answer();
  parts.inference?.answer();
  t.strictSame(
    parts.of('result').map(({ result }) => result.sequence),
    [0, 1],
  );
  parts.clock.advance(1000);
  t.match(parts.of('heartbeat').at(-1)?.usage, { inferMs: 20, decodeMs: 4 });
});

t.test('the end of a file is told after the last of its results', async (t) => {
  const { parts } = await started();
  parts.camera().deliver(3);
  parts.camera().say('ended');
  t.equal(parts.of('camera').length, 0);
  for (let count = 0; count < 3; count += 1) parts.inference?.answer();
  t.strictSame(parts.types().slice(-4), ['result', 'result', 'result', 'camera']);
  t.match(parts.of('camera'), [{ report: { state: 'ended' } }]);
});

t.test('a file that ends without a frame is told at once', async (t) => {
  const { parts } = await started();
  parts.camera().say('ended');
  t.match(parts.of('camera'), [{ report: { camera: 'gate', state: 'ended' } }]);
});

t.test('a failed frame is no end; thirty in a row are', async (t) => {
  const { parts } = await started();
  const error = new DetectdError('MODEL_RUN', 'no');
  for (let count = 0; count < 29; count += 1) {
    parts.camera().deliver();
    parts.inference?.fail(error);
  }
  parts.camera().deliver();
  parts.inference?.answer();
  t.equal(parts.of('fatal').length, 0, 'a success starts the count over');
  parts.clock.advance(1000);
  t.match(parts.of('heartbeat').at(-1)?.cameras, [{ analysed: 1, failed: 29 }]);
  for (let count = 0; count < 30; count += 1) {
    parts.camera().deliver();
    parts.inference?.fail(error);
  }
  t.match(parts.of('fatal'), [{ error: { code: 'MODEL_RUN' } }]);
});

t.test('a dead inference thread is fatal', async (t) => {
  const { parts } = await started();
  parts.inference?.handlers.onDeath(new DetectdError('WORKER_CRASHED', 'thread'));
  t.match(parts.of('fatal'), [{ error: { code: 'WORKER_CRASHED' } }]);
});

t.test('a supervising process that does not keep up stops the analysis, not the memory', async (t) => {
  const { parts } = await started();
  parts.backlog = 64;
  parts.camera().deliver(10);
  t.equal(parts.inference?.taken.length, 0);
  parts.backlog = 0;
  parts.caughtUp();
  await new Promise((resolve) => setImmediate(resolve));
  t.strictSame(
    parts.inference?.taken.map(({ sequence }) => sequence),
    [9],
  );
});

t.test('cameras that did not change run on when others come and go', async (t) => {
  const plan = workerPlan({ cameras: [cameraPlan(), cameraPlan({ name: 'yard' })] });
  const { pipeline, parts } = await started(plan);
  const [gate, yard] = [parts.camera('gate'), parts.camera('yard')];
  await pipeline.setCameras([
    cameraPlan(),
    cameraPlan({ name: 'yard', fps: 5 }),
    cameraPlan({ name: 'dock' }),
  ]);
  t.notOk(gate.stopped);
  t.equal(parts.camera('gate'), gate);
  t.ok(yard.stopped);
  t.not(parts.camera('yard'), yard);
  t.ok(parts.camera('dock').started);
  gate.deliver();
  t.equal(parts.inference?.taken.length, 1);
  await parts.clock.advanceAsync(1000);
  t.equal(parts.of('heartbeat').at(-1)?.usage.deadPipelines, 1, 'the one of "yard" cannot be freed');
});

t.test('the others lose no frame and count on while cameras come, change and go', async (t) => {
  const { parts, pipeline } = await started();
  const gate = parts.camera('gate');
  const rounds = [
    [cameraPlan(), cameraPlan({ name: 'yard' })],
    [cameraPlan(), cameraPlan({ name: 'yard', fps: 5 })],
    [cameraPlan(), cameraPlan({ name: 'yard', fps: 5 }), cameraPlan({ name: 'lane' })],
    [cameraPlan()],
  ];
  const analyse = (): void => {
    gate.deliver();
    parts.inference?.answer();
  };
  for (const plans of rounds) {
    analyse();
    const changed = pipeline.setCameras(plans);
    analyse();
    await changed;
    analyse();
  }
  t.equal(parts.camera('gate'), gate, 'it was not opened again');
  t.strictSame(
    parts.of('result').map(({ result }) => result.sequence),
    Array.from({ length: 12 }, (_, sequence) => sequence),
  );
  parts.clock.advance(1000);
  const [counted] = parts.of('heartbeat').at(-1)?.cameras ?? [];
  t.match(counted, { captured: 12, analysed: 12, drops: { replaced: 0, closed: 0 } });
});

t.test('a camera that is opened anew is counted on, with what was lost by it', async (t) => {
  const { parts, pipeline } = await started();
  parts.camera().deliver(4);
  await pipeline.setCameras([cameraPlan({ fps: 5 })]);
  parts.camera().deliver();
  parts.camera().say('online');
  parts.clock.advance(1000);
  const counted = { captured: 5, analysed: 0, drops: { replaced: 1, closed: 1 }, reconnects: 6 };
  t.match(parts.of('heartbeat').at(-1)?.cameras, [counted]);
  t.match(parts.of('camera').at(-1), { report: { reconnects: 3 } }, 'those of before are counted too');
  await pipeline.setCameras([]);
  await pipeline.setCameras([cameraPlan()]);
  parts.clock.advance(1000);
  t.match(parts.of('heartbeat').at(-1)?.cameras, [{ captured: 0, drops: { closed: 0 } }], 'a new one');
});

t.test(
  'frames of the cameras of one model go together where it takes several; sliced ones do not',
  async (t) => {
    const cameras = [
      ...['a', 'b', 'c'].map((name) => cameraPlan({ name })),
      cameraPlan({ name: 'sliced', slicing: DEFAULT_SLICING }),
      cameraPlan({ name: 'other', model: 'cars' }),
    ];
    const models = [modelPlan({ maxBatch: 3 }), modelPlan({ name: 'cars' })];
    const { parts } = await started(workerPlan({ models, cameras }), (made) => {
      made.models = [
        modelReport({ maxBatch: 3 }),
        modelReport({ identity: { ...modelReport().identity, name: 'cars' } }),
      ];
    });
    for (const name of ['other', 'sliced', 'a', 'b', 'c']) parts.camera(name).deliver();
    for (let count = 0; count < 5; count += 1) parts.inference?.answer();
    t.strictSame(parts.inference?.runsTaken, [['other'], ['sliced'], ['a', 'b', 'c']]);
    t.equal(parts.of('result').length, 5);
  },
);

t.test('a camera of another weight runs on, and takes other turns', async (t) => {
  const cameras = [cameraPlan(), cameraPlan({ name: 'yard' })];
  const { parts, pipeline } = await started(workerPlan({ cameras }));
  const gate = parts.camera('gate');
  await pipeline.setCameras([cameraPlan({ weight: 3 }), cameraPlan({ name: 'yard' })]);
  t.equal(parts.camera('gate'), gate);
  for (let count = 0; count < 40; count += 1) {
    for (const name of ['gate', 'yard']) parts.camera(name).deliver();
    parts.inference?.answer();
  }
  const taken = parts.inference?.taken.filter(({ camera }) => camera === 'gate').length ?? 0;
  t.ok(taken >= 29 && taken <= 32, `${taken} of 42`);
});

t.test('a camera that is gone is analysed no more', async (t) => {
  const { pipeline, parts } = await started();
  await pipeline.setCameras([]);
  parts.camera().deliver();
  t.equal(parts.inference?.taken.length, 0);
});

t.test('cameras that close slowly hold up only what is to be opened, and the end', async (t) => {
  const { pipeline, parts } = await started();
  let closed: () => void = () => {};
  parts.camera().closes = new Promise((resolve) => {
    closed = resolve;
  });
  await pipeline.setCameras([]);
  t.ok(parts.camera().stopped, 'is told to close');
  const opened = pipeline.setCameras([cameraPlan({ name: 'yard' })]);
  const stopped = pipeline.stop();
  await settle();
  t.equal(parts.camera('yard'), undefined, 'the same device may have another name now');
  t.notOk(parts.types().includes('stopped'));
  closed();
  await opened;
  t.ok(parts.camera('yard').started);
  await parts.clock.advanceAsync(10);
  await stopped;
  t.equal(parts.types().at(-1), 'stopped');
});

t.test('stop() closes the cameras, analyses what is in hand and says so', async (t) => {
  const { pipeline, parts } = await started();
  parts.camera().deliver(3);
  const stopped = pipeline.stop();
  await parts.clock.advanceAsync(5);
  t.ok(parts.camera().stopped);
  t.notOk(parts.types().includes('stopped'));
  for (let count = 0; count < 3; count += 1) parts.inference?.answer();
  await parts.clock.advanceAsync(10);
  await stopped;
  t.equal(parts.of('result').length, 3);
  t.equal(parts.types().at(-1), 'stopped');
  t.ok(parts.inference?.closed);
});

t.test('stop() does not wait for ever for an inference that hangs', async (t) => {
  const { pipeline, parts } = await started();
  parts.camera().deliver(1);
  const stopped = pipeline.stop();
  await parts.clock.advanceAsync(2600);
  await stopped;
  t.equal(parts.types().at(-1), 'stopped');
});

t.test('an every-frame source waits while its slot is taken', async (t) => {
  const { parts } = await started();
  const camera = parts.camera();
  camera.deliver(3);
  let free = false;
  const waiting = camera.wantsFrame().then(() => {
    free = true;
  });
  await Promise.resolve();
  t.notOk(free);
  parts.inference?.answer();
  await waiting;
  t.ok(free);
});

t.test('what the model owes is told with each beat, and nothing once it has answered', async (t) => {
  const { parts } = await started();
  const owed = () => parts.of('heartbeat').at(-1)?.inferringMs;
  parts.clock.advance(1000);
  t.equal(owed(), null);
  parts.camera().deliver(2);
  parts.clock.advance(3000);
  t.equal(owed(), 3000);
  parts.inference?.answer();
  parts.clock.advance(2000);
  t.equal(owed(), 2000, 'since its last answer');
  parts.inference?.answer();
  parts.clock.advance(60_000);
  t.equal(owed(), null, 'a file that has ended owes nothing');
});

t.test('thresholds are given to the models', async (t) => {
  const { pipeline, parts } = await started();
  pipeline.adjust({ people: { threshold: 0.7 } });
  t.strictSame(parts.inference?.thresholds, { people: { threshold: 0.7 } });
});

const taken = (parts: WorkerParts) =>
  parts.inference?.taken.map(({ camera, sequence }) => `${camera} ${sequence}`);

/** Both cameras deliver every 100 ms, and each frame is answered at once. */
function run(parts: WorkerParts, ms: number): void {
  for (let passed = 0; passed < ms; passed += 100) {
    for (const name of parts.cameras.keys()) parts.camera(name).deliver();
    while ((parts.inference?.inFlight ?? 0) > 0) parts.inference?.answer();
    parts.clock.advance(100);
  }
}

t.test('a rate holds over all cameras: fair turns, the newest frame, and nothing queues up', async (t) => {
  const cameras = [cameraPlan(), cameraPlan({ name: 'yard' })];
  const { parts } = await started(workerPlan({ cameras, maxRate: 4 }));
  run(parts, 1000);
  t.strictSame(taken(parts), ['gate 0', 'yard 0', 'gate 2', 'yard 4', 'gate 7', 'yard 9']);
  parts.clock.advance(60_000);
  t.equal(parts.inference?.taken.length, 7, 'what waited is analysed, and no more');
});

t.test('a rate comes and goes while the worker runs', async (t) => {
  const { pipeline, parts } = await started();
  run(parts, 1000);
  t.equal(parts.inference?.taken.length, 10);
  pipeline.adjust({}, 2);
  run(parts, 2000);
  t.equal(parts.inference?.taken.length, 16, 'one may come early');
  parts.camera().deliver();
  pipeline.adjust({});
  t.equal(parts.inference?.taken.length, 17, 'the frame that waited goes at once');
  while ((parts.inference?.inFlight ?? 0) > 0) parts.inference?.answer();
  run(parts, 1000);
  t.equal(parts.inference?.taken.length, 27);
  t.equal(parts.clock.pending, 1, 'only the heartbeat is timed');
});

t.test('waiting for its turn is no debt of the model', async (t) => {
  const { parts } = await started(workerPlan({ maxRate: 0.01 }));
  run(parts, 30_000);
  t.equal(parts.inference?.taken.length, 1);
  t.ok(parts.of('heartbeat').every(({ inferringMs }) => inferringMs === null));
});

t.test('an every-frame file goes slower by a rate, without loss, and its end is told last', async (t) => {
  const { parts } = await started(workerPlan({ maxRate: 1 }));
  const camera = parts.camera();
  let delivered = 0;
  const play = async (): Promise<void> => {
    for (; delivered < 5; delivered += 1) {
      await camera.wantsFrame();
      camera.deliver();
    }
    camera.say('ended');
  };
  const played = play();
  for (let second = 0; second < 10; second += 1) {
    await parts.clock.advanceAsync(500);
    while ((parts.inference?.inFlight ?? 0) > 0) parts.inference?.answer();
  }
  await played;
  t.strictSame(taken(parts), ['gate 0', 'gate 1', 'gate 2', 'gate 3', 'gate 4']);
  t.match(
    parts
      .types()
      .filter((type) => type !== 'heartbeat')
      .at(-1),
    'camera',
  );
});

t.test('the end does not wait for the rate', async (t) => {
  const { pipeline, parts } = await started(workerPlan({ maxRate: 0.01 }));
  run(parts, 200);
  parts.camera().deliver();
  const stopped = pipeline.stop();
  await parts.clock.advanceAsync(5);
  t.equal(parts.inference?.inFlight, 1);
  parts.inference?.answer();
  await parts.clock.advanceAsync(10);
  await stopped;
  t.equal(parts.of('result').length, 2);
});

t.test('CSI cameras are let go of when a worker cannot go on, and no others', async (t) => {
  for (const [source, stopped] of [
    [{ kind: 'csi', sensorId: 0 }, true],
    [{ kind: 'test', pattern: 'ball' }, false],
  ] as const) {
    const { pipeline, parts } = await started(workerPlan({ cameras: [cameraPlan({ source })] }));
    await pipeline.releaseCsi();
    t.equal(parts.camera().stopped, stopped, source.kind);
  }
});

t.test('told to have no cameras, it says when the last is closed', async (t) => {
  const { pipeline, parts } = await started();
  let closed: () => void = () => {};
  parts.camera().closes = new Promise((resolve) => {
    closed = resolve;
  });
  await pipeline.setCameras([]);
  t.notOk(parts.types().includes('idle'));
  closed();
  await settle();
  t.equal(parts.types().at(-1), 'idle');
});

t.test(
  'a version beside the one that serves gets its share while nothing waits, until it is over',
  async (t) => {
    const shadow = { model: modelPlan({ bundle: '/srv/new' }), share: 0.5 };
    const { pipeline, parts } = await started(workerPlan({ shadow }));
    const { inference } = parts;
    const play = (frames: number): void => {
      parts.camera().deliver(frames);
      while ((inference?.inFlight ?? 0) > 0) inference?.answer();
    };
    for (let frame = 0; frame < 4; frame += 1) play(1);
    t.strictSame(inference?.shadowed, [false, true, false, true]);
    parts.camera().deliver(3);
    t.strictSame(inference?.shadowed.slice(4), [false, false], 'there is no time for it');
    inference?.handlers.onShadow({
      type: 'shadow-failed',
      error: { code: 'MODEL_FAILS', message: 'It fails.' },
    });
    t.match(parts.sent.at(-1), { type: 'shadow-failed' });
    pipeline.adjust({}, undefined, true);
    t.notOk(inference?.shadowDropped);
    pipeline.adjust({}, undefined, false);
    t.ok(inference?.shadowDropped);
    while ((inference?.inFlight ?? 0) > 0) inference?.answer();
    for (let frame = 0; frame < 4; frame += 1) play(1);
    t.notOk(inference?.shadowed.slice(5).includes(true));
  },
);
