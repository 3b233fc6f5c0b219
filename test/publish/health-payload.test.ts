/** The report of health as readers get it: units, what is unknown, and its size. */
import t from 'tap';
import { healthPayload } from '../../dist/publish/health-payload.js';
import { SCHEMA_VERSION } from '../../dist/publish/payloads.js';
import { healthReport } from '../helpers/health-report.js';
import { schemaFaults } from '../helpers/payload-check.js';

const payload = (change: Parameters<typeof healthReport>[0] = {}) =>
  healthPayload({ report: healthReport(change), device: 'dock-3', bootId: '7f3c' });

/** As a reader parses it. */
const read = (change: Parameters<typeof healthReport>[0] = {}) => JSON.parse(JSON.stringify(payload(change)));

t.test('figures come in the units of readers, rounded', (t) => {
  t.strictSame(schemaFaults('health', read()), []);
  t.match(read(), {
    schema: SCHEMA_VERSION,
    device: 'dock-3',
    boot_id: '7f3c',
    ts: '2026-11-22T08:21:04.512Z',
    uptime_s: 22_384,
    loop_delay_ms: 13,
    machine: {
      memory_mb: 7990.5,
      available_mb: 2914.3,
      swap_used_mb: 186,
      memory_pressure_percent: 0.4,
      gpu_load_percent: 61,
      gpu_clock_mhz: 625,
      temperatures_c: { 'cpu-thermal': 64.3, 'tj-thermal': 66 },
      throttled_by: [],
      power_mode: '15W',
    },
    processes: [
      { name: 'daemon', pid: 1204, rss_mb: 74.1, pss_mb: 69.1, swap_mb: 0 },
      { name: 'worker', gpu_mb: 1861.2 },
    ],
    memory: { 'worker gpu': { mb: 1861.2, verdict: 'leak', mb_per_hour: 62.4, limit_reached_in_s: 41_520 } },
    cameras: {
      gate: {
        state: 'online',
        fps: 10,
        last_frame_age_ms: 84,
        analysed: 214_331,
        dropped: 12,
        reconnects: 0,
      },
    },
    worker: { state: 'serving', failures: { WORKER_HUNG: 1 } },
    mqtt: { published: 857_786, dropped: 214, reconnects: 2, queued_bytes: 0 },
    remedies: { taken: { recycle: { leak: 2 } }, pending: { act: 'recycle' }, last: { cause: 'leak' } },
    history: { interval_s: 60 },
  });
  t.end();
});

t.test('a service that is ok has no reason, another has', (t) => {
  t.strictSame(read().services.worker, { state: 'ok' });
  t.strictSame(read().services.cameras, { state: 'degraded', reason: 'lane: No frame came for 10 s.' });
  t.end();
});

t.test('what is not known is left out, never 0', (t) => {
  const { machine, history, remedies, ...rest } = healthReport();
  const unknown = Object.fromEntries(Object.keys(machine).map((name) => [name, undefined]));
  const found = read({
    machine: { ...unknown, availableBytes: Number.NaN, temperatures: [] } as unknown as typeof machine,
    processes: [
      {
        name: 'worker',
        pid: 7,
        rssBytes: undefined,
        pssBytes: undefined,
        swapBytes: undefined,
        gpuBytes: undefined,
      },
    ],
    worker: { ...rest.worker, loopDelayMs: undefined },
    remedies: { ...remedies, pending: undefined, last: undefined },
    history: { ...history, gpuBytes: [null, null], fps: [] },
  });
  t.strictSame(schemaFaults('health', found), []);
  t.strictSame(found.machine, { temperatures_c: {} });
  t.strictSame(found.processes, [{ name: 'worker', pid: 7 }]);
  t.notOk('loop_delay_ms' in found);
  t.strictSame(Object.keys(found.remedies), ['taken']);
  t.strictSame(Object.keys(found.history), ['interval_s', 'available_mb', 'worker_mb', 'hottest_c']);
  t.notOk('fps' in found.cameras.lane);
  t.end();
});

t.test('the history is in whole MB and tenths of frames, with its gaps', (t) => {
  const { history } = read();
  t.equal(history.worker_mb.length, 60);
  t.ok(history.worker_mb.every(Number.isInteger));
  t.strictSame(history.fps.slice(21, 25), [34.6, null, null, 34.9]);
  t.end();
});

t.test('four cameras with a full history stay below 8 KB', (t) => {
  const bytes = Buffer.byteLength(JSON.stringify(payload()));
  t.ok(bytes < 8000, `${bytes} bytes`);
  t.end();
});

t.test('long reasons and long histories are cut', (t) => {
  const long = 'x'.repeat(10_000);
  const { memory, history } = healthReport();
  const found = read({
    services: [{ name: 'worker', state: 'stuck', reason: long }],
    memory: memory.map((series) => ({ ...series, reason: long })),
    history: { ...history, fps: new Array(5000).fill(1).concat(2) },
    missing: { temperatures: long },
  });
  t.equal(found.services.worker.reason.length, 300);
  t.equal(found.history.fps.length, 120);
  t.equal(found.history.fps.at(-1), 2);
  t.ok(JSON.stringify(found).length < 8000);
  t.end();
});

t.test('any name is only a name', (t) => {
  const [camera] = healthReport().cameras;
  const found = payload({ cameras: [{ ...(camera as NonNullable<typeof camera>), camera: '__proto__' }] });
  t.strictSame(Object.keys(found.cameras), ['__proto__']);
  t.notOk('analysed' in found.cameras);
  t.end();
});

t.test('what never happened is not in the message', async (t) => {
  const never = { recycle: { leak: 0, 'memory short': 2 }, restart: { 'daemon leak': 0 } };
  const { remedies, worker } = payload({
    remedies: { ...healthReport({}).remedies, taken: never },
    worker: { ...healthReport({}).worker, failures: { WORKER_HUNG: 0, WORKER_CRASHED: 1 } },
  });
  t.strictSame(remedies.taken, { recycle: { 'memory short': 2 } });
  t.strictSame(worker.failures, { WORKER_CRASHED: 1 });
});

t.test('stored messages: what never was lost is left out', async (t) => {
  const lost = { overflow: 3, age: 0, 'too-large': 0, refused: 0, corrupt: 0, disk: 0, 'power-cut': 0 };
  const outbox = {
    ...{ mode: 'disk' as const, waiting: 12, bytes: 4800, oldestAgeS: undefined },
    ...{ stored: 100, acknowledged: 85, lost, replaying: true },
  };
  t.strictSame(
    healthPayload({ report: { ...healthReport(), outbox }, device: 'dock-3', bootId: 'b00t' }).outbox,
    {
      ...{ mode: 'disk', waiting: 12, bytes: 4800 },
      ...{ stored: 100, acknowledged: 85, lost: { overflow: 3 }, replaying: true },
    },
  );
});
