/** A copy of a video that has its name only when it is whole. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AnnotatedVideo } from '../../dist/worker/annotated-video.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { ScriptedPipeline } from '../helpers/scripted-pipeline.js';
import { until } from '../helpers/until.js';

const BOX = { label: 'thing', labelId: 0, score: 0.9, box: { x1: 4, y1: 20, x2: 28, y2: 30 } };

function rig(t: Pick<Test, 'testdir'>, file = 'out/clip.mp4') {
  const folder = t.testdir({ taken: '' });
  const clock = new FakeClock();
  const descriptions: string[] = [];
  const pipelines: ScriptedPipeline[] = [];
  const copy = new AnnotatedVideo({
    file: join(folder, file),
    partial: join(folder, file.replace(/[^/]*$/, '.partial.tmp')),
    clock,
    elements: async () => ({ has: (name) => ['x264enc', 'h264parse', 'mp4mux'].includes(name) }),
    pipelineFactory: (description) => {
      descriptions.push(description);
      const pipeline = new ScriptedPipeline();
      pipelines.push(pipeline);
      return pipeline;
    },
  });
  return { folder, copy, clock, descriptions, pipelines };
}

function picture(width = 32, height = 32) {
  return { width, height, data: new Uint8Array(width * height * 3) };
}

t.test('it grows under another name, with what was found drawn in', async (t) => {
  const { folder, copy, clock, descriptions, pipelines } = rig(t);
  await copy.add(picture(), [BOX], { numerator: 10, denominator: 1 });
  await copy.add(picture(), [], undefined);
  const [pipeline] = pipelines as [ScriptedPipeline];
  t.match(descriptions[0], /framerate=10\/1/);
  t.ok(
    pipeline.pushed[0]?.bytes.some((value) => value > 100),
    'a box',
  );
  t.notOk(
    pipeline.pushed[1]?.bytes.some((value) => value > 0),
    'nothing to draw',
  );
  t.equal(pipeline.pushed[0]?.bytes.length, 32 * 32 * 3);
  writeFileSync(join(folder, 'out/.partial.tmp'), 'video');
  const finished = copy.finish();
  await until(() => {
    clock.advance(5);
    return pipeline.count('sendEos') > 0;
  });
  t.notOk(existsSync(join(folder, 'out/clip.mp4')));
  pipeline.bus({ type: 'eos', element: 'p', text: '' });
  const ticking = until(() => {
    clock.advance(5);
    return pipeline.count('close') > 0;
  });
  await Promise.all([finished, ticking]);
  t.equal(readFileSync(join(folder, 'out/clip.mp4'), 'utf8'), 'video');
  await copy.discard();
  t.strictSame(readdirSync(join(folder, 'out')), ['clip.mp4']);
});

t.test('what was not finished is removed', async (t) => {
  const { folder, copy, pipelines } = rig(t);
  await copy.add(picture(), [], undefined);
  writeFileSync(join(folder, 'out/.partial.tmp'), 'half');
  await copy.discard();
  t.equal(pipelines[0]?.calls.at(-1), 'close');
  t.strictSame(readdirSync(join(folder, 'out')), []);
});

t.test('a rate that the source does not state is 25', async (t) => {
  const { copy, descriptions } = rig(t);
  await copy.add(picture(), [], undefined);
  t.match(descriptions[0], /framerate=25\/1/);
  await copy.discard();
});

t.test('pictures that change their size are refused', async (t) => {
  const { copy } = rig(t);
  await copy.add(picture(), [], undefined);
  await t.rejects(copy.add(picture(16, 32), [], undefined), {
    code: 'VIDEO_ENCODE',
    message: /32×32 to 16×32/,
  });
  await copy.discard();
});

t.test('a video without pictures is no file, and a folder that cannot be made is an error', async (t) => {
  const empty = rig(t);
  await empty.copy.finish();
  await empty.copy.discard();
  t.notOk(existsSync(join(empty.folder, 'out')));
  const blocked = rig(t, 'taken/clip.mp4');
  await t.rejects(blocked.copy.add(picture(), [], undefined), { code: 'OUTPUT_UNWRITABLE' });
});
