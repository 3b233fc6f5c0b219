/** When pictures are drawn, which truth comes out with which, and what a stop leaves behind. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { Picture } from '../../dist/capture/capture-pipeline.js';
import type { DrawnPicture } from '../../dist/worker/drawing-host.js';
import { DrawnPipeline } from '../../dist/worker/drawn-pipeline.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';
import { ScriptedPipeline } from '../helpers/scripted-pipeline.js';

class DrawingDouble {
  started = false;
  closed = false;
  /** Scene times of the pictures that were asked for. */
  readonly asked: number[] = [];
  #waiting: { resolve: (picture?: DrawnPicture) => void; reject: (error: Error) => void } | undefined;

  start(): void {
    this.started = true;
  }

  draw(timeSeconds: number): Promise<DrawnPicture | undefined> {
    this.asked.push(timeSeconds);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** The picture is there; its truth is an object whose label is the time. */
  answer(): void {
    const box = { x1: 0, y1: 0, x2: 1, y2: 1 };
    const object = { label: String(this.asked.at(-1)), labelId: 0, box, visible: 1 };
    this.#waiting?.resolve({ data: new Uint8Array(24), truth: { objects: [object], unsure: [] } });
  }

  fail(error: Error): void {
    this.#waiting?.reject(error);
  }

  close(): void {
    this.closed = true;
    this.#waiting?.resolve(undefined);
  }
}

function setup() {
  const clock = new FakeClock();
  const inner = new ScriptedPipeline();
  const drawings: DrawingDouble[] = [];
  const pipeline = new DrawnPipeline({
    inner,
    clock,
    fps: 10,
    drawing: () => {
      const drawing = new DrawingDouble();
      drawings.push(drawing);
      return drawing;
    },
  });
  pipeline.open();
  const drawing = () => drawings.at(-1) as DrawingDouble;
  /** Draws what was asked for and lets it through. */
  const through = async () => {
    await settle();
    drawing().answer();
    await settle();
    inner.picture();
    await settle();
  };
  return { clock, inner, pipeline, drawings, drawing, through };
}

const labels = (pictures: (Picture | null)[]) => pictures.map((one) => one?.truth?.objects[0]?.label);

t.test('pictures are drawn when they are due, and come out with their own truth', async (t) => {
  const { clock, inner, pipeline, drawing, through } = setup();
  pipeline.play();
  t.ok(drawing().started);
  const pictures: (Picture | null)[] = [];
  for (let number = 0; number < 3; number += 1) {
    const pulled = pipeline.pull();
    t.equal(pipeline.pull(), pulled, 'while one is pending, the same again');
    await settle();
    t.equal(drawing().asked.length, number === 0 ? 1 : number, 'none before its time');
    await clock.advanceAsync(number === 0 ? 0 : 100);
    await through();
    pictures.push(await pulled);
  }
  t.same(labels(pictures), ['0', '0.1', '0.2']);
  t.equal(inner.count('push'), 3);
  pipeline.close();
  t.equal(clock.pending, 0);
});

t.test('nothing is drawn that nobody asks for', async (t) => {
  const { clock, inner, pipeline, drawing } = setup();
  pipeline.play();
  await clock.advanceAsync(5000);
  t.same([drawing().asked, inner.count('push')], [[], 0]);
});

t.test('what falls due while the camera is busy is skipped: the next picture is of now', async (t) => {
  const { clock, pipeline, drawing, through } = setup();
  pipeline.play();
  void pipeline.pull();
  await through();
  await clock.advanceAsync(570);
  void pipeline.pull();
  await through();
  void pipeline.pull();
  await settle();
  t.same(drawing().asked, [0, 0.5]);
  await clock.advanceAsync(30);
  await through();
  t.same(drawing().asked, [0, 0.5, 0.6]);
});

t.test('a stop ends every kind of wait, and the thread', async (t) => {
  const waits: ((it: ReturnType<typeof setup>) => Promise<void>)[] = [
    async () => {},
    async ({ drawing }) => drawing().answer(),
    async ({ pipeline, through }) => {
      await through();
      void pipeline.pull();
    },
  ];
  for (const [index, reach] of waits.entries()) {
    for (const end of ['stop', 'sendEos', 'close'] as const) {
      const it = setup();
      it.pipeline.play();
      void it.pipeline.pull();
      await settle();
      await reach(it);
      await settle();
      const pulled = it.pipeline.pull();
      it.pipeline[end]();
      // After the end of the stream GStreamer itself yields null.
      if (end === 'sendEos') it.inner.end();
      t.equal(await pulled, null, `wait ${index}, ${end}`);
      t.ok(it.drawing().closed);
      t.equal(it.inner.count(end), 1);
      t.equal(it.clock.pending, 0);
    }
  }
});

t.test('playing again begins the scene anew, with a thread of its own', async (t) => {
  const { clock, pipeline, drawings, through } = setup();
  pipeline.play();
  pipeline.play();
  t.equal(drawings.length, 1, 'playing twice is playing once');
  void pipeline.pull();
  await through();
  await clock.advanceAsync(950);
  pipeline.stop();
  pipeline.play();
  const pulled = pipeline.pull();
  await through();
  t.same(labels([await pulled]), ['0']);
  t.same(
    drawings.map(({ closed }) => closed),
    [true, false],
  );
});

t.test('a picture of the run before never gets the truth of this one', async (t) => {
  const { inner, pipeline, drawing } = setup();
  inner.wedged = true;
  pipeline.play();
  const before = pipeline.pull();
  await settle();
  drawing().answer();
  await settle();
  pipeline.stop();
  pipeline.play();
  const pulled = pipeline.pull();
  await settle();
  t.same(drawing().asked, [], 'it waits until that one is out');
  inner.picture();
  t.match(await before, { truth: { objects: [{ label: '0' }] } });
  await settle();
  t.same(drawing().asked, [0]);
  drawing().answer();
  await settle();
  t.equal(inner.count('push'), 2);
  inner.picture();
  t.same(labels([await pulled]), ['0']);
});

t.test('a thread that fails is the fault of the pull, and the next run is free of it', async (t) => {
  const { pipeline, drawing, through } = setup();
  pipeline.play();
  const pulled = pipeline.pull();
  await settle();
  drawing().fail(new DetectdError('CAMERA_LOST', 'The drawn scene ended: no paint.'));
  await t.rejects(pulled, { code: 'CAMERA_LOST', message: /no paint/ });
  pipeline.stop();
  pipeline.play();
  const next = pipeline.pull();
  await through();
  t.same(labels([await next]), ['0']);
});

t.test('everything else is the business of the pipeline inside', async (t) => {
  const { inner, pipeline } = setup();
  t.same(await pipeline.sourceSize(), { width: 1920, height: 1080 });
  const heard: string[] = [];
  pipeline.onBus(({ text }) => heard.push(text));
  inner.error('no');
  t.same(heard, ['no']);
  pipeline.set([{ element: 'a', property: 'b', value: 1 }]);
  t.same(inner.settings, ['a.b=1']);
  t.throws(() => pipeline.push(), /draws its pictures itself/);
});
