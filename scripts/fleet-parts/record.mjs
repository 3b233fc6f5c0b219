/**
 * Makes recorded-results.json anew: `node scripts/fleet-parts/record.mjs` runs the daemon on a drawn scene and writes what
 * it published.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { inFolder, subscribe, withDaemon, withMosquitto } from '../proof/programs.mjs';

const FRAMES = 48;

const payloads = await inFolder((folder) =>
  withMosquitto(folder, async (broker) => {
    const heard = [];
    let enough = () => {};
    const done = new Promise((resolve) => {
      enough = resolve;
    });
    const client = await subscribe(broker, (topic, text) => {
      if (!topic.endsWith('/detections')) return;
      heard.push(JSON.parse(text));
      if (heard.length >= FRAMES) enough();
    });
    const config = {
      mqtt: { broker },
      models: { shapes: { bundle: resolve('config/bundles/shapes'), threshold: 0.5 } },
      cameras: { gate: { source: 'test:shapes?fps=5&seed=3', model: 'shapes', fps: 5 } },
    };
    await withDaemon(folder, config, [], () => done);
    await client.endAsync(true);
    return heard.slice(0, FRAMES);
  }),
);
const labels = [];
const frames = payloads.map(({ image, latency_ms: { capture, infer }, objects }) => ({
  ...image,
  timings: { queue: capture, infer, decode: 0 },
  objects: objects.map(({ label, label_id: id, confidence, bbox_px: box }) => {
    labels[id] = label;
    return [id, confidence, ...box];
  }),
}));
const { model } = payloads[0];
const lines = frames.map((frame) => `    ${JSON.stringify(frame)}`).join(',\n');
writeFileSync(
  new URL('./recorded-results.json', import.meta.url),
  `{\n  "labels": ${JSON.stringify(labels)},\n  "model": ${JSON.stringify(model)},\n  "frames": [\n${lines}\n  ]\n}\n`,
);
