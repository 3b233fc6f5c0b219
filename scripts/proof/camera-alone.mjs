/** Cameras on a video and nothing behind them: `node camera-alone.mjs VIDEO HOW_MANY SIDE`. Counts frames, a line a second. */
import { systemClock } from '../../dist/base/clock.js';
import { returnMemory } from '../../dist/base/memory-return.js';
import { Camera } from '../../dist/capture/camera.js';
import { findElements } from '../../dist/capture/elements.js';
import { GstPipeline } from '../../dist/capture/gst-pipeline.js';

const [video, count, side] = process.argv.slice(2);
const elements = await findElements();
let frames = 0;
for (let index = 0; index < Number(count); index += 1) {
  new Camera({
    plan: {
      name: `c${index}`,
      source: { kind: 'file', path: video },
      model: 'none',
      fps: undefined,
      everyFrame: false,
      loop: false,
      stallTimeoutMs: 10_000,
      slicing: undefined,
    },
    target: { kind: 'scaled', width: Number(side), height: Number(side), format: 'RGB' },
    snapshots: true,
    elements,
    clock: systemClock,
    pipelineFactory: (description) => new GstPipeline(description),
    onFrame: ({ data }) => {
      frames += 1;
      returnMemory([data.buffer]);
    },
    onState: () => {},
  }).start();
}
setInterval(() => process.stdout.write(`${frames}\n`), 1000);
