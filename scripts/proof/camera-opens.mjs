/**
 * One camera as a worker holds it, in a process of its own, that is opened again and again. Its parent says `measure` on
 * standard input and is told what the process holds. `node --expose-gc camera-opens.mjs URL`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../dist/base/clock.js';
import { Camera } from '../../dist/capture/camera.js';
import { findElements } from '../../dist/capture/elements.js';
import { endNow } from '../../dist/worker/end-process.js';
import { cameraChooser, pipelineFactory } from '../../dist/worker/source-pipeline.js';

/** What is freed is not given back at once; the least of so many looks counts. */
const LOOKS = 8;
const LOOK_MS = 250;

const source = { kind: 'rtsp', url: process.argv[2], transport: 'tcp', latencyMs: 0 };
let pipelines = 0;
let frames = 0;
const failures = {};
const build = pipelineFactory(source, systemClock);
const camera = new Camera({
  plan: {
    name: 'camera',
    source,
    model: 'none',
    fps: undefined,
    everyFrame: false,
    loop: false,
    stallTimeoutMs: 10_000,
    slicing: undefined,
  },
  target: { kind: 'scaled', width: 416, height: 416, format: 'RGB' },
  snapshots: true,
  elements: await findElements(),
  clock: systemClock,
  chooser: cameraChooser(systemClock),
  pipelineFactory: (description) => {
    pipelines += 1;
    return build(description);
  },
  backoff: { initialMs: 1, maxMs: 1, random: () => 0 },
  onFrame: () => {
    frames += 1;
    process.stdout.write('frame\n');
  },
  onState: ({ error }) => {
    if (error !== undefined) failures[error.message] = (failures[error.message] ?? 0) + 1;
  },
});
camera.start();

async function measured() {
  const looks = [];
  for (let look = 0; look < LOOKS; look += 1) {
    globalThis.gc();
    await sleep(LOOK_MS);
    const status = readFileSync('/proc/self/status', 'utf8');
    const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    looks.push({
      rssKb: of('VmRSS'),
      threads: of('Threads'),
      descriptors: readdirSync('/proc/self/fd').length,
    });
  }
  const least = (name) => Math.min(...looks.map((look) => look[name]));
  return { rssKb: least('rssKb'), threads: least('threads'), descriptors: least('descriptors') };
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'measure') continue;
  const held = await measured();
  process.stdout.write(
    `${JSON.stringify({ ...held, frames, pipelines, reconnects: camera.reconnects, failures })}\n`,
  );
}
endNow();
