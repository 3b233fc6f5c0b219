/** The arithmetic of the benchmark. */
import t from 'tap';
import { ArrivalCounter, overheadBetween } from '../../dist/commands/bench-daemon.js';
import type { UsageSample } from '../../dist/commands/daemon-process.js';

function sample(frames: number, change: Partial<UsageSample['worker']> = {}, cpuMs = 0): UsageSample {
  const worker = {
    waitingFrames: 0,
    unsentResults: 0,
    deadPipelines: 0,
    rssBytes: 0,
    cpuMs: 0,
    inferMs: 0,
    decodeMs: 0,
    inferCpuMs: 0,
    gstreamerCpuMs: 0,
  };
  return { frames, cpuMs, worker: { ...worker, ...change } };
}

t.test('what is neither inference nor GStreamer is ours, in both processes', async (t) => {
  const first = sample(100, { cpuMs: 5000, inferCpuMs: 3000, gstreamerCpuMs: 500 }, 700);
  const last = sample(300, { cpuMs: 9000, inferCpuMs: 6500, gstreamerCpuMs: 900 }, 800);
  // 4000 of the worker, less 3500 and 400; and 100 of the supervising process; over 200 frames.
  t.equal(overheadBetween(first, last), (4000 - 3500 - 400 + 100) / 200);
});

t.test('too little known is no figure', async (t) => {
  t.ok(Number.isNaN(overheadBetween(undefined, undefined)));
  t.ok(Number.isNaN(overheadBetween(sample(10), sample(10))));
  const { gstreamerCpuMs: _, ...without } = sample(20).worker;
  t.ok(Number.isNaN(overheadBetween(sample(10), { ...sample(20), worker: without })));
  t.ok(Number.isNaN(overheadBetween(sample(10), sample(20, { inferCpuMs: Number.NaN }))));
});

t.test('messages per second leave out what was before the first', async (t) => {
  let now = 5000;
  const counter = new ArrivalCounter(() => now);
  for (let index = 0; index < 11; index += 1) {
    counter.arrived();
    now += 40;
  }
  t.equal(counter.count, 11);
  t.equal(counter.perSecond, 25);
});
