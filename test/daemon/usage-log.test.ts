/** What was used, as the log tells it. */
import t from 'tap';
import { noDrops } from '../../dist/core/drops.js';
import { logSummary, logUsage } from '../../dist/daemon/usage-log.js';
import { logLines } from '../helpers/log-lines.js';

const worker = {
  waitingFrames: 0,
  unsentResults: 0,
  deadPipelines: 0,
  rssBytes: 1,
  cpuMs: 2,
  inferMs: 3,
  decodeMs: 4,
};

t.test('benchmarks find what both processes used, and for how many frames', (t) => {
  const { log, lines } = logLines();
  const counters = { captured: 9, drops: noDrops(), failed: 0, reconnects: 0, lastFrameAgeMs: null };
  logUsage(log, worker, [
    { camera: 'a', analysed: 2, ...counters },
    { camera: 'b', analysed: 3, ...counters },
  ]);
  t.match(lines[0], { msg: 'usage', usage: { worker, frames: 5, cpuMs: Number } });
  t.end();
});

t.test('the last line tells of every camera and of MQTT', (t) => {
  const { log, lines } = logLines();
  const entry = {
    camera: 'gate',
    state: 'ended',
    error: undefined,
    reconnects: 0,
    fps: 1,
    lastFrameAgeMs: 1,
    analysed: 7,
    drops: { ...noDrops(), replaced: 1, paced: 1 },
    failed: 0,
  } as const;
  logSummary(log, undefined, [entry], { published: 7, dropped: 0, reconnects: 0, queuedBytes: 0 });
  t.match(lines[0], {
    msg: 'stopped',
    cameras: [{ camera: 'gate', analysed: 7, dropped: 2 }],
    mqtt: { published: 7 },
    usage: { rssBytes: Number },
  });
  t.end();
});
