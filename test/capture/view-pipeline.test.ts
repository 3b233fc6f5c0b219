/** A view comes out of a pipeline as soon as it is set up for the source, and nothing that was made before. */
import t from 'tap';
import type { Picture } from '../../dist/capture/capture-pipeline.js';
import type { PipelineInput } from '../../dist/capture/pipeline-string.js';
import { withView } from '../../dist/capture/view-pipeline.js';
import type { Source } from '../../dist/core/source.js';
import type { View } from '../../dist/core/view.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { ScriptedPipeline } from '../helpers/scripted-pipeline.js';

const LIVE: Source = { kind: 'rtsp', url: 'rtsp://h/x', transport: 'tcp', latencyMs: 200 };
const FILE: Source = { kind: 'file', path: '/a.mp4' };
const cpu = { has: (name: string) => !name.startsWith('nv') };
const board = { has: () => true };
const REGION = { x: 0.5, y: 0.5, width: 0.5, height: 0.5 };
const CUT = 'detectd_crop.left=960 detectd_crop.right=0 detectd_crop.top=540 detectd_crop.bottom=0';
const NOTHING = 'detectd_crop.left=0 detectd_crop.right=0 detectd_crop.top=0 detectd_crop.bottom=0';

function rig(view: View, source = LIVE, elements = cpu, scaled = true) {
  const inner = new ScriptedPipeline();
  const clock = new FakeClock();
  const target: PipelineInput['target'] = scaled
    ? { kind: 'scaled', width: 4, height: 2, format: 'RGB' }
    : { kind: 'source-size', format: 'RGB' };
  const pipeline = withView(inner, { source, target, everyFrame: false, view }, elements, clock);
  pipeline.open();
  pipeline.play();
  return { inner, clock, pipeline };
}

/** Whether a picture has come out; all that can happen by itself has happened. */
async function came(pull: Promise<Picture | null>): Promise<Picture | null | undefined> {
  let picture: Picture | null | undefined;
  void pull.then((value) => {
    picture = value;
  });
  await new Promise(setImmediate);
  return picture;
}

t.test('without a view there is nothing in between', (t) => {
  const inner = new ScriptedPipeline();
  const target = { kind: 'source-size', format: 'RGB' } as const;
  t.equal(withView(inner, { source: LIVE, target, everyFrame: false }, cpu, new FakeClock()), inner);
  t.end();
});

t.test('a live source is told while it plays, and what was on its way is dropped', async (t) => {
  const { inner, pipeline } = rig({ region: REGION });
  const pulled = pipeline.pull();
  for (let number = 0; number < 3; number += 1) {
    inner.picture();
    t.equal(await came(pulled), undefined, `picture ${number}`);
  }
  inner.picture();
  t.match(await came(pulled), {
    whole: { width: 1920, height: 1080 },
    region: { x: 960, y: 540, width: 960, height: 540 },
  });
  t.strictSame(inner.settings, [NOTHING, CUT]);
  t.equal(inner.count('play'), 1);
  const next = pipeline.pull();
  inner.picture();
  t.match(await came(next), { region: { x: 960 } }, 'and then each');
  t.equal(inner.count('sourceSize'), 1);
});

t.test('at a low rate what comes late is new', async (t) => {
  const { inner, clock, pipeline } = rig({ region: REGION });
  const pulled = pipeline.pull();
  inner.picture();
  t.equal(await came(pulled), undefined);
  await clock.advance(2000);
  inner.picture();
  t.match(await came(pulled), { region: { x: 960 } });
});

t.test('a file is begun anew, so that no picture of it is lost', async (t) => {
  const { inner, pipeline } = rig({ region: REGION }, FILE);
  const pulled = pipeline.pull();
  inner.picture();
  t.equal(await came(pulled), undefined);
  t.strictSame(inner.calls.slice(-4), ['sourceSize', 'stop', 'set', 'play']);
  t.strictSame(inner.settings, [CUT]);
  t.equal(inner.count('play'), 2);
  inner.picture();
  t.match(await came(pulled), { region: { x: 960 } }, 'its first picture');
  pipeline.stop();
  pipeline.play();
  const again = pipeline.pull();
  inner.picture();
  t.match(await came(again), { region: { x: 960 } }, 'the next round begins as it should');
  t.equal(inner.count('play'), 3);
});

t.test('the elements of a board are told while nothing plays', async (t) => {
  const { inner, pipeline } = rig({ region: REGION }, LIVE, board);
  const pulled = pipeline.pull();
  inner.picture();
  t.equal(await came(pulled), undefined);
  t.strictSame(inner.calls.slice(-3), ['stop', 'set', 'play']);
  inner.picture();
  t.match(await came(pulled), { region: { x: 960 } });
});

t.test('a source that has another size is cut anew', async (t) => {
  const { inner, clock, pipeline } = rig({ region: REGION });
  const first = pipeline.pull();
  for (let number = 0; number < 4; number += 1) inner.picture();
  t.match(await came(first), { region: { x: 960 } });
  inner.size = { width: 640, height: 480 };
  await clock.advance(1000);
  const before = pipeline.pull();
  inner.picture();
  t.ok(await came(before), 'asked beside this one');
  const after = pipeline.pull();
  for (let number = 0; number < 3; number += 1) inner.picture();
  t.equal(await came(after), undefined);
  inner.picture();
  t.match(await came(after), { whole: { width: 640 }, region: { x: 320, y: 240, width: 320, height: 240 } });
});

t.test('what was cut off a larger picture is forgotten when nothing comes any more', async (t) => {
  for (const [elements, tries] of [
    [cpu, 1],
    [board, 2],
  ] as const) {
    const { inner, pipeline } = rig({ region: REGION }, LIVE, elements);
    const first = pipeline.pull();
    for (let number = 0; number < 4; number += 1) {
      inner.picture();
      await came(first);
    }
    pipeline.stop();
    const told = inner.settings.length;
    for (let run = 0; run < tries; run += 1) {
      pipeline.play();
      t.equal(inner.settings.length, told, 'tried as it was');
      pipeline.stop();
    }
    pipeline.play();
    t.equal(inner.settings.length, told + 1);
    t.match(inner.settings.at(-1), /left=0 .*top=0 /);
  }
});

t.test('turned pictures need no setting, and come with their own size', async (t) => {
  const { inner, pipeline } = rig({ rotate: 90 });
  const pulled = pipeline.pull();
  inner.picture();
  const picture = await came(pulled);
  t.match(picture, { whole: { width: 1080, height: 1920 } });
  t.notOk(picture?.region);
  t.same(await pipeline.sourceSize(), { width: 1080, height: 1920 });
  const whole = rig({ rotate: 90 }, LIVE, cpu, false);
  const next = whole.pipeline.pull();
  whole.inner.picture(4, 2);
  t.match(await came(next), { whole: { width: 4, height: 2 } });
  t.equal(whole.inner.count('sourceSize'), 0, 'the picture shows it');
  t.strictSame([...inner.settings, ...whole.inner.settings], []);
});

t.test('the truth is that of the view', async (t) => {
  const { inner, pipeline } = rig({ rotate: 180 });
  const pulled = pipeline.pull();
  const box = { x1: 0, y1: 0, x2: 100, y2: 50 };
  inner.picture(4, 2, { objects: [{ label: 'circle', labelId: 0, box, visible: 1 }], unsure: [] });
  t.match((await came(pulled))?.truth?.objects[0]?.box, { x1: 1820, y1: 1030, x2: 1920, y2: 1080 });
});

t.test('who waits when it is stopped gets nothing, whatever comes later', async (t) => {
  const { inner, pipeline } = rig({ region: REGION });
  const pulled = pipeline.pull();
  t.equal(pipeline.pull(), pulled, 'one at a time');
  pipeline.stop();
  t.equal(await came(pulled), null);
  pipeline.play();
  const next = pipeline.pull();
  t.not(next, pulled);
  pipeline.sendEos();
  inner.picture();
  t.equal(await came(next), undefined, 'nothing is set up for a source that ends');
  t.strictSame(inner.settings, []);
  inner.end();
  t.equal(await came(next), null);
  pipeline.close();
});

t.test('all else goes through', async (t) => {
  const { inner, pipeline } = rig({ rotate: 90 });
  inner.arrived = 7;
  t.equal(pipeline.arrivedBytes(), 7);
  const heard: string[] = [];
  pipeline.onBus(({ text }) => heard.push(text));
  inner.error('no such camera');
  t.strictSame(heard, ['no such camera']);
  pipeline.push(new Uint8Array(3), 5);
  t.match(inner.pushed, [{ atUs: 5 }]);
  pipeline.set([{ element: 'a', property: 'b', value: 1 }]);
  t.strictSame(inner.settings, ['a.b=1']);
  inner.jpegs.push(undefined);
  t.equal(await pipeline.jpeg(80), undefined);
  inner.size = undefined;
  t.equal(await pipeline.sourceSize(), undefined);
});
