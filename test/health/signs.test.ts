import t from 'tap';
import { type HealthFacts, signsOf } from '../../dist/health/signs.js';

const MB = 1e6;
const healthy: HealthFacts = {
  series: [],
  gpuSuspicion: 'suspected',
  worker: {
    bytes: 300 * MB,
    baseBytes: 290 * MB,
    failure: undefined,
    stuck: undefined,
    stuckCameras: [],
    deadPipelines: 0,
  },
  heat: { state: 'cool', reason: '' },
  roomBytes: 2000 * MB,
  totalBytes: 8000 * MB,
  wasShort: false,
  minFreeBytes: 256 * MB,
  workerLimitBytes: undefined,
};

function series(name: string, verdict: string, limitReachedInMs?: number): HealthFacts['series'][number] {
  return {
    name,
    owner: 1,
    bytes: 300 * MB,
    verdict: {
      verdict: verdict as 'leak',
      bytesPerHour: 60 * MB,
      significance: 0,
      since: 0,
      bytes: 300 * MB,
      reason: 'grows by 60 MB an hour',
      ...(limitReachedInMs === undefined ? {} : { limitReachedInMs }),
    },
  };
}

const causes = (facts: Partial<HealthFacts>) => signsOf({ ...healthy, ...facts }).map(({ cause }) => cause);

t.test('a healthy device shows nothing', async (t) => {
  t.strictSame(signsOf(healthy), []);
  t.strictSame(causes({ series: [series('worker', 'rising'), series('worker gpu', 'saw-tooth')] }), []);
});

t.test('a leak of the worker, of host or GPU memory, is a sign with the time that is left', async (t) => {
  const [sign] = signsOf({ ...healthy, series: [series('worker gpu', 'leak', 7_200_000)] });
  t.strictSame(sign, {
    cause: 'leak',
    reason: "the worker's GPU memory grows by 60 MB an hour",
    workerHelps: true,
    leftMs: 7_200_000,
  });
  t.strictSame(causes({ series: [series('worker', 'leak')] }), ['leak']);
});

t.test('what all of the GPU loses is laid to the worker only where nobody says whose it is', async (t) => {
  t.strictSame(causes({ series: [series('gpu', 'leak')] }), ['leak']);
  t.strictSame(causes({ series: [series('worker gpu', 'steady'), series('gpu', 'leak')] }), []);
  t.strictSame(causes({ series: [series('available', 'leak')] }), [], 'others run on the machine too');
});

t.test('what all of the GPU loses a fresh worker helps against until one did not', async (t) => {
  const seen = (gpuSuspicion: HealthFacts['gpuSuspicion']) =>
    signsOf({ ...healthy, series: [series('gpu', 'leak')], gpuSuspicion })[0];
  t.match(seen('suspected'), {
    workerHelps: true,
    reason: 'memory of the GPU grows by 60 MB an hour; the driver does not say whose it is',
  });
  t.match(seen('on trial'), { workerHelps: false, reason: /does not say whose it is/ });
  t.match(seen('cleared'), { workerHelps: false, reason: /a fresh worker gave none of it back/ });
  const both = [series('gpu', 'leak'), series('worker', 'leak')];
  t.match(signsOf({ ...healthy, series: both, gpuSuspicion: 'cleared' }), [
    { workerHelps: true, reason: /^the worker's memory/ },
    { workerHelps: false },
  ]);
});

t.test('a leak of the supervising process is told apart', async (t) => {
  t.strictSame(causes({ series: [series('daemon', 'leak')] }), ['daemon leak']);
});

t.test('a worker above its limit is a sign', async (t) => {
  t.match(signsOf({ ...healthy, workerLimitBytes: 200 * MB }), [
    { cause: 'memory limit', reason: 'the worker has 300 MB, 200 MB are allowed', workerHelps: true },
  ]);
  const unknown = { ...healthy.worker, bytes: undefined };
  t.strictSame(causes({ workerLimitBytes: 200 * MB, worker: unknown }), []);
});

t.test('of too little memory a fresh worker is the cure only when the one before has grown', async (t) => {
  const [sign] = signsOf({ ...healthy, roomBytes: 100 * MB });
  t.match(sign, {
    cause: 'memory short',
    workerHelps: false,
    reason: '100 MB of memory are left, less than 256 MB',
  });
  const grown = { ...healthy.worker, bytes: 900 * MB };
  t.match(signsOf({ ...healthy, roomBytes: 100 * MB, worker: grown }), [
    { workerHelps: true, reason: /the worker has grown by 610 MB/ },
  ]);
  t.strictSame(causes({ roomBytes: undefined }), [], 'what is not known is no sign');
  t.strictSame(causes({ roomBytes: 0, minFreeBytes: 0 }), [], 'nor what nobody wants to know');
});

t.test('memory that is short is so until there is clearly enough', async (t) => {
  t.strictSame(causes({ roomBytes: 257 * MB }), []);
  t.strictSame(causes({ roomBytes: 257 * MB, wasShort: true }), ['memory short']);
  t.strictSame(causes({ roomBytes: 320 * MB, wasShort: true }), []);
});

t.test('more than the machine has is nothing to run short of', async (t) => {
  t.strictSame(causes({ minFreeBytes: 8000 * MB }), []);
  t.strictSame(causes({ minFreeBytes: 7999 * MB }), ['memory short']);
  t.strictSame(causes({ minFreeBytes: 8000 * MB, totalBytes: undefined }), ['memory short']);
});

t.test('heat is a sign when it is reached', async (t) => {
  t.strictSame(causes({ heat: { state: 'hot', reason: 'cpu is at 99 °C' } }), ['hot']);
  t.strictSame(causes({ heat: { state: 'between', reason: 'cpu is at 97 °C' } }), []);
});

t.test('a worker that cannot be ended weighs more than one that fails', async (t) => {
  const failing = { ...healthy.worker, failure: 'The worker ended with SIGSEGV.' };
  t.strictSame(causes({ worker: failing }), ['worker fails']);
  t.strictSame(causes({ worker: { ...failing, stuck: 'a driver hangs' } }), ['worker stuck']);
});

t.test('a camera that arrives and cannot be decoded is a sign of its own', async (t) => {
  const worker = { ...healthy.worker, stuckCameras: ['gate', 'yard'] };
  t.match(signsOf({ ...healthy, worker }), [
    { cause: 'decoder', reason: /camera "gate"/, workerHelps: true },
  ]);
});

t.test('pipelines that cannot be freed are a sign when they are many', async (t) => {
  const dead = (deadPipelines: number) => causes({ worker: { ...healthy.worker, deadPipelines } });
  t.strictSame(dead(31), []);
  t.strictSame(dead(32), ['dead pipelines']);
});
