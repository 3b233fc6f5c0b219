/** The soak: what it counts as a fault, and the whole of it for a minute. */
import { spawn } from 'node:child_process';
import t from 'tap';
import { Prng } from '../../dist/scene/prng.js';
import { growth, judgement } from '../../scripts/soak-parts/memory-growth.mjs';
import { memoryRows } from '../../scripts/soak-parts/memory-rows.mjs';
import { KINDS, schedule } from '../../scripts/soak-parts/schedule.mjs';
import { WorkerBook } from '../../scripts/soak-parts/worker-book.mjs';
import { noMosquitto } from '../helpers/mosquitto.js';
import { noRtspServer } from '../helpers/network-camera.js';
import { noGstreamer } from '../helpers/test-video.js';

const MINUTES = 1;

interface Results {
  kinds: { kind: string; times: number; recovered: number }[];
  workers: { killed: number; afterKill: number; unplanned: string[] };
  messages: { gaps: number; outOfOrder: number; detections: Record<string, number> };
  memory: { name: string; rss: { last: number }; verdict: string }[];
  shortcomings: string[];
}

t.test('each kind of fault comes equally often, and workers are killed in the first half', (t) => {
  for (const seed of [1, 2, 3]) {
    const faults = schedule(60, seed);
    for (const kind of KINDS) t.equal(faults.filter((each) => each === kind).length, 15);
    t.notOk(faults.slice(30).includes('worker'));
    t.strictSame(schedule(60, seed), faults, 'the seed decides');
  }
  t.notSame(schedule(60, 1), schedule(60, 2));
  t.strictSame(schedule(3, 1, ['worker', 'broker', 'reload']).toSorted(), ['broker', 'reload', 'worker']);
  t.strictSame(schedule(1, 1), ['worker']);
  t.end();
});

t.test('growth is called only when the whole interval is beyond the limit', (t) => {
  const series = (percentPerHour: number, noise: number, minutes = 60) => {
    const prng = new Prng(1);
    return Array.from({ length: minutes * 6 }, (_, index) => ({
      atMs: index * 10_000,
      bytes: 90e6 * (1 + (percentPerHour / 100) * (index / 360)) + noise * prng.range(-1, 1),
    }));
  };
  const verdict = (...about: [number, number, number?]) => judgement(growth(series(...about)), 0.1, 2);
  t.equal(verdict(0, 0), 'holds');
  t.equal(verdict(0, 20_000), 'holds');
  t.equal(verdict(1, 20_000), 'falls short');
  t.equal(verdict(0, 1e6), 'no growth seen');
  t.equal(verdict(0, 20e6), 'not resolved');
  t.equal(verdict(5, 0, 10), 'too short to tell');
  t.equal(judgement(growth([]), 0.1, 2), 'too short to tell');
  const { percentPerHour = 0, plusMinus = 0 } = growth(series(3, 1e6)) ?? {};
  t.ok(Math.abs(percentPerHour - 3) < plusMinus + 0.1, `${percentPerHour} ± ${plusMinus}`);
  t.end();
});

t.test('a process is judged after its warm-up, workers by what they have at the same age', (t) => {
  const sample = (pid: number, minute: number, megabytes: number) => {
    const [rss, own] = [megabytes * 1e6, megabytes * 5e5];
    return { atMs: minute * 60_000, pid, rss, own, files: 20 + pid };
  };
  const every = (minutes: number, of: (minute: number) => ReturnType<typeof sample>) =>
    Array.from({ length: minutes * 6 }, (_, index) => of(index / 6));
  const daemon = every(60, (minute) => sample(1, minute, 60 + 2 * Math.min(10, minute)));
  // Each of them grows for as long as it lives, and is no larger than the one before.
  const worker = every(60, (minute) => sample(2 + Math.floor(minute / 5), minute, 200 + (minute % 5)));
  const options = { warmUpMs: 600_000, ageMs: 60_000, limit: 0.1, resolution: 2 };
  const [own, longest, young] = memoryRows({ daemon, worker }, options);
  t.match(own, { measuredMinutes: 60 - 10 - 1 / 6, rss: { settled: 80e6, last: 80e6 }, verdict: 'holds' });
  t.match(longest, { measuredMinutes: 0, verdict: 'too short to tell' });
  t.match(young, { name: '12 workers, each 60 s old', rss: { settled: 201e6 }, verdict: 'holds' });
  t.match(young?.files, { settled: 22, last: 33 });
  const grown = every(60, (minute) => sample(1, minute, 60 + minute));
  t.equal(memoryRows({ daemon: grown, worker: [] }, options)[0]?.verdict, 'falls short');
  t.end();
});

t.test('a worker that nobody killed is unplanned, with the reason from the log', (t) => {
  const book = new WorkerBook();
  book.take({ msg: 'worker started', pid: 1 });
  book.take({ msg: 'a fresh worker is to take over', reason: 'an engine was built' });
  book.take({ msg: 'worker started', pid: 2, beside: 1 });
  t.equal(book.pid, 1, 'it does not serve yet');
  book.take({ msg: 'worker took over', pid: 2 });
  t.equal(book.killing(), 2);
  book.take({ msg: 'worker failed: killed by SIGKILL', code: 'WORKER_CRASHED' });
  book.take({ msg: 'worker started', pid: 3 });
  t.match(book, { pid: 3, starts: 3, renewed: 1, afterKill: 1, unplanned: [] });
  book.take({ msg: 'worker failed: hung', code: 'WORKER_HUNG' });
  book.take({ msg: 'worker started', pid: 4 });
  book.take({ msg: 'a fresh worker is to take over', reason: 'it leaks' });
  book.take({ msg: 'worker started', pid: 5, beside: 4 });
  book.take({ msg: 'worker took over', pid: 5 });
  book.take({ msg: 'a fresh worker is to take over', reason: 'dead pipelines: 32 pipelines' });
  book.take({ msg: 'worker started', pid: 6, beside: 5 });
  book.take({ msg: 'worker took over', pid: 6 });
  t.equal(book.renewed, 2);
  t.strictSame(book.unplanned, ['WORKER_HUNG: worker failed: hung', 'it leaks']);
  t.end();
});

t.test('wrong usage ends with status 2 and what is wrong', async (t) => {
  const soak = await run('--minutes', '0');
  t.equal(soak.status, 2);
  t.match(soak.stderr, /--minutes wants a number from 1 to 60000, not "0"/);
  t.match(await run('--every'), { status: 2, stderr: /--every wants a number from 15/ });
  t.match(await run('--minutes=4', '--warm-up=4'), {
    status: 2,
    stderr: /leaves nothing of 4 min to measure/,
  });
  t.match(await run('--nonsense'), { status: 2, stderr: /unknown argument "--nonsense"/ });
  t.match(await run('--help'), { status: 0, stdout: /--hours H/ });
});

t.test(
  'a minute of faults: all recover and nothing is lost',
  {
    skip: noMosquitto || noGstreamer || noRtspServer,
  },
  async (t) => {
    const soak = await run('--minutes', String(MINUTES), '--every', '15', '--json');
    t.equal(soak.status, 0, soak.stderr);
    const results = JSON.parse(soak.stdout) as Results;
    t.strictSame(results.shortcomings, []);
    t.strictSame(
      results.kinds.map(({ kind, times, recovered }) => [kind, times, recovered]),
      KINDS.map((kind) => [kind, 1, 1]),
    );
    t.match(results.workers, { killed: 1, afterKill: 1, unplanned: [] });
    t.match(results.messages, { gaps: 0, outOfOrder: 0 });
    for (const camera of ['clip', 'drawn', 'gate', 'yard'])
      t.ok((results.messages.detections[camera] ?? 0) > 0, camera);
    for (const { rss, verdict } of results.memory) {
      t.ok(rss.last > 10e6);
      t.equal(verdict, 'too short to tell');
    }
  },
);

function run(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('scripts/soak', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    t.teardown(() => child.kill('SIGTERM'));
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}
