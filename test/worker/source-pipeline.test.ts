/** Which source gets which pipeline. */
import t from 'tap';
import { GstPipeline } from '../../dist/capture/gst-pipeline.js';
import { DrawnPipeline } from '../../dist/worker/drawn-pipeline.js';
import { pipelineFactory } from '../../dist/worker/source-pipeline.js';
import { FakeClock } from '../helpers/fake-clock.js';

t.test('drawn shapes are drawn, everything else comes from GStreamer alone', async (t) => {
  const clock = new FakeClock();
  const shapes = {
    kind: 'shapes',
    width: 64,
    height: 64,
    fps: 5,
    seed: 1,
    cutSeconds: 0,
    plain: false,
  } as const;
  t.ok(pipelineFactory(shapes, clock)('x') instanceof DrawnPipeline);
  t.ok(pipelineFactory({ kind: 'test', pattern: 'ball' }, clock)('x') instanceof GstPipeline);
});
