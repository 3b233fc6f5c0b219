/** First light: a real video becomes MQTT detections, at the speed and with the results that were promised. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cases, detectd, inFolder, subscribe, withDaemon, withMosquitto } from './programs.mjs';

const SHARED = '../shared';
const BUNDLE = `${SHARED}/models/picodet_xs_416_coco`;
const VIDEO = `${SHARED}/media/vtest.avi`;
const REFERENCE = `${SHARED}/reference/picodet_xs_416_coco.json`;
const THRESHOLD = 0.4;

export function firstLight({ long }) {
  const benches = new Map();
  /** One run of the benchmark serves several promises. */
  const bench = async (threads) => {
    if (!benches.has(threads)) benches.set(threads, await runBench(threads, long ? 7 : 3));
    return benches.get(threads);
  };
  const figure = (threads, key, holds) => async () => {
    const result = await bench(threads);
    return { figure: key(result), holds: holds(key(result)) };
  };
  const promises = [
    {
      what: 'detect agrees with the publisher',
      limit: 'same detections, IoU ≥ 0.97, score ± 0.01',
      measure: agreement,
    },
    {
      what: 'every frame of a video becomes one message',
      limit: '795, seq without a gap',
      measure: () => video('count'),
    },
    { what: 'frames with a person at ≥ 0.4', limit: '≥ 99 %', measure: () => video('persons') },
    {
      what: 'daemon / bare inference, 1 thread',
      limit: '≥ 0.90 (goal 0.95)',
      measure: figure(
        1,
        (r) => r.ratio_daemon_to_limit,
        (v) => v >= 0.9,
      ),
    },
    {
      what: 'daemon / bare inference, all cores',
      limit: '≥ 0.90',
      measure: figure(
        0,
        (r) => r.ratio_daemon_to_limit,
        (v) => v >= 0.9,
      ),
    },
    {
      what: 'prepared / exported graph, 1 thread',
      limit: '≥ 2.2',
      measure: figure(
        1,
        (r) => r.ratio_prepared_to_exported,
        (v) => v >= 2.2,
      ),
    },
    {
      what: 'own CPU time per frame',
      limit: '≤ 0.5 ms',
      measure: figure(
        1,
        (r) => r.overhead_cpu_ms_per_frame,
        (v) => v <= 0.5,
      ),
    },
    {
      what: 'memory of the supervising process',
      limit: '≤ 90 MB',
      measure: figure(
        1,
        (r) => r.rss_mb.supervisor,
        (v) => v <= 90,
      ),
    },
    {
      what: 'memory of the worker',
      limit: 'none',
      measure: figure(
        1,
        (r) => r.rss_mb.worker,
        () => true,
      ),
    },
    { what: 'start to first detection', limit: '≤ 2 s', measure: firstDetection },
    {
      what: 'detections after kill -9 of the worker',
      limit: '≤ 3 s, same MQTT session',
      measure: killWorker,
    },
    {
      what: 'bad input',
      limit: 'every case a clear error',
      measure: () => cases('test/e2e/bad-input.test.ts'),
    },
  ];
  return promises.map((promise) => ({ ...promise, measure: withShared(promise.measure) }));
}

function withShared(measure) {
  const missing = [BUNDLE, VIDEO, REFERENCE].find((path) => !existsSync(path));
  return missing === undefined ? measure : async () => ({ impossible: `${missing} is not here` });
}

async function runBench(threads, rounds) {
  const args = [
    'bench',
    '--bundle',
    BUNDLE,
    '--video',
    VIDEO,
    '--threads',
    String(threads),
    '--rounds',
    String(rounds),
    '--json',
  ];
  const { status, stdout, stderr } = await detectd(...args);
  if (status !== 0) throw new Error(stderr.trim());
  return JSON.parse(stdout)[0];
}

async function agreement() {
  const images = readdirSync(`${SHARED}/images`).map((name) => join(SHARED, 'images', name));
  const { stdout } = await detectd(
    'detect',
    '--bundle',
    BUNDLE,
    '--threshold',
    String(THRESHOLD),
    '--json',
    ...images,
  );
  const reference = JSON.parse(readFileSync(REFERENCE, 'utf8')).images;
  let matched = 0;
  let worstIou = 1;
  let worstScore = 0;
  const faults = [];
  for (const text of stdout.trim().split('\n')) {
    const { image, detections } = JSON.parse(text);
    const expected = reference[image.split('/').at(-1)].detections;
    const left = [...detections];
    for (const want of expected) {
      const best = left
        .filter(({ label }) => label === want.label)
        .sort((a, b) => iou(b.box, want.box) - iou(a.box, want.box))[0];
      if (best === undefined || iou(best.box, want.box) < 0.97) {
        if (Math.abs(want.score - THRESHOLD) > 0.01)
          faults.push(`${image}: ${want.label} ${want.score} missed`);
        continue;
      }
      left.splice(left.indexOf(best), 1);
      matched += 1;
      worstIou = Math.min(worstIou, iou(best.box, want.box));
      worstScore = Math.max(worstScore, Math.abs(best.score - want.score));
    }
    for (const extra of left)
      if (Math.abs(extra.score - THRESHOLD) > 0.01)
        faults.push(`${image}: ${extra.label} ${extra.score} extra`);
  }
  const text = `${matched} matched, worst IoU ${worstIou.toFixed(3)}, worst score difference ${worstScore.toFixed(4)}`;
  return {
    figure: [text, ...faults].join('; '),
    holds: faults.length === 0 && matched > 0 && worstScore <= 0.01,
  };
}

function iou(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const inter = Math.max(0, width) * Math.max(0, height);
  const area = (box) => (box[2] - box[0]) * (box[3] - box[1]);
  return inter / (area(a) + area(b) - inter);
}

let videoRun;

/** One run of the video serves both promises. */
async function video(promise) {
  videoRun ??= await playVideo();
  const messages = videoRun;
  if (promise === 'count') {
    const gapless = messages.every(({ seq }, index) => seq === index);
    return {
      figure: `${messages.length}, ${gapless ? 'no gap' : 'gaps'}`,
      holds: messages.length === 795 && gapless,
    };
  }
  const hits = messages.filter(({ objects }) =>
    objects.some(({ label, confidence }) => label === 'person' && confidence >= THRESHOLD),
  );
  const share = (hits.length / messages.length) * 100;
  return { figure: `${share.toFixed(1)} %`, holds: share >= 99 };
}

function playVideo() {
  return inFolder((folder) =>
    withMosquitto(folder, async (url) => {
      const messages = [];
      const client = await subscribe(url, (topic, text) => {
        if (topic.endsWith('/detections')) messages.push(JSON.parse(text));
      });
      await withDaemon(folder, config(url, { every_frame: true }), ['--exit-at-end'], ({ exited }) => exited);
      await client.endAsync();
      return messages;
    }),
  );
}

function config(broker, camera) {
  return {
    mqtt: { broker },
    models: { people: { bundle: join(process.cwd(), BUNDLE), threshold: THRESHOLD } },
    cameras: { video: { source: `file:${join(process.cwd(), VIDEO)}`, model: 'people', ...camera } },
  };
}

/** Starts once to warm the disk, then measures from the start of the program to the first message. */
function firstDetection() {
  return inFolder((folder) =>
    withMosquitto(folder, async (url) => {
      const seconds = [];
      for (let round = 0; round < 4; round += 1) {
        let first;
        const arrived = new Promise((resolve) => {
          first = resolve;
        });
        const client = await subscribe(url, (topic, _, at) => {
          if (topic.endsWith('/detections')) first(at);
        });
        const started = performance.now();
        const at = await withDaemon(folder, config(url, { loop: true }), [], () => arrived);
        seconds.push((at - started) / 1000);
        await client.endAsync();
      }
      const median = seconds.slice(1).sort((a, b) => a - b)[1];
      return { figure: `${median.toFixed(2)} s`, holds: median <= 2 };
    }),
  );
}

function killWorker() {
  return inFolder((folder) =>
    withMosquitto(folder, async (url) => {
      const arrivals = [];
      const states = [];
      const client = await subscribe(url, (topic, text, at) => {
        if (topic.endsWith('/detections')) arrivals.push(at);
        if (topic.endsWith('proof/status')) states.push(JSON.parse(text));
      });
      const gaps = await withDaemon(folder, config(url, { loop: true }), [], async ({ lines }) => {
        const measured = [];
        for (let round = 0; round < 3; round += 1) {
          const before = arrivals.length;
          await waitFor(() => arrivals.length > before + 5);
          const { pid } = lines.findLast(({ msg }) => msg === 'worker started');
          process.kill(pid, 'SIGKILL');
          const killed = performance.now();
          const next = await waitFor(
            () =>
              lines.findLast(({ msg }) => msg === 'worker started').pid !== pid &&
              arrivals.find((at) => at > killed + 100),
          );
          measured.push((next - killed) / 1000);
        }
        return measured;
      });
      await client.endAsync();
      const worst = Math.max(...gaps);
      const oneSession =
        new Set(states.map(({ boot_id }) => boot_id)).size === 1 &&
        !states.some(({ state }) => state === 'lost');
      return {
        figure: `${worst.toFixed(2)} s (worst of ${gaps.length}), ${oneSession ? 'same session' : 'session lost'}`,
        holds: worst <= 3 && oneSession,
      };
    }),
  );
}

async function waitFor(condition) {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const value = condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error('nothing came within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
