import t from 'tap';
import { noDrops } from '../../dist/core/drops.js';
import { healthReport, type ReportParts, serviceReports } from '../../dist/daemon/health-report.js';
import { machineSample } from '../helpers/machine-sample.js';

const verdict = {
  verdict: 'leak' as const,
  bytesPerHour: 6e7,
  significance: 1e-5,
  since: 5,
  bytes: 3e8,
  reason: 'grows by 60 MB an hour',
};
const parts: ReportParts = {
  ts: '2026-01-02T03:04:05.000Z',
  uptimeS: 60,
  facts: {
    services: [],
    cameras: [
      {
        camera: 'gate',
        state: 'online',
        fps: 9.5,
        lastFrameAgeMs: 3,
        analysed: 5,
        drops: { ...noDrops(), replaced: 1 },
        failed: 0,
        reconnects: 2,
      },
    ],
    workerState: 'ready',
    workerPid: 41,
    nextPid: undefined,
    builderPid: undefined,
    stuckCameras: [],
    playsFile: false,
    deadPipelines: 0,
    waitingFrames: 1,
    unsentResults: 0,
    mqtt: { published: 5, dropped: 0, reconnects: 1, queuedBytes: 10 },
  },
  loopDelayMs: 4,
  sample: machineSample({ workerGpuMb: 500 }),
  series: [{ name: 'worker', bytes: 3e8, owner: 41, verdict: { ...verdict, limitReachedInMs: 7_200_000 } }],
  failures: { WORKER_HUNG: 1 },
  remedies: { taken: {}, pending: undefined, last: undefined, maxRate: undefined },
  history: { intervalS: 60, availableBytes: [], workerBytes: [], gpuBytes: [], fps: [], hottestC: [] },
};

t.test('a report says what was measured and what the daemon knows', async (t) => {
  const report = healthReport(parts);
  t.strictSame(report.memory, [
    {
      name: 'worker',
      bytes: 3e8,
      verdict: 'leak',
      bytesPerHour: 6e7,
      limitReachedInS: 7200,
      reason: 'grows by 60 MB an hour',
    },
  ]);
  t.match(report, {
    machine: { memoryBytes: 8e9, gpuUsedBytes: 6e8, gpuLoadPercent: 40, cpuClockHz: 1.5e9, throttledBy: [] },
    processes: [{ name: 'daemon' }, { name: 'worker', gpuBytes: 5e8 }],
    worker: { state: 'ready', failures: { WORKER_HUNG: 1 }, loopDelayMs: 4 },
  });
});

t.test('a report holds what belongs into it and nothing else that its parts know', async (t) => {
  const [camera] = parts.facts.cameras;
  const error = { code: 'CAMERA_LOST', message: 'rtsp://user:hunter2@gate is gone', hint: '' };
  const facts = { ...parts.facts, cameras: [{ ...camera, error } as typeof camera & object] };
  t.notMatch(JSON.stringify(healthReport({ ...parts, facts })), /hunter2/);
});

t.test('what is not known is undefined, never 0', async (t) => {
  const sample = { ...machineSample(), host: undefined, temperatures: [] };
  const { machine, memory } = healthReport({
    ...parts,
    sample,
    series: [{ ...parts.series[0], verdict } as never],
  });
  t.strictSame(
    [machine.availableBytes, machine.memoryPressurePercent, machine.gpuUsedBytes],
    [undefined, undefined, undefined],
  );
  t.notOk('limitReachedInS' in (memory[0] ?? {}));
});

t.test('services are reported by name, state and reason', async (t) => {
  const service = { name: 'mqtt', health: () => ({ state: 'degraded' as const, reason: 'no broker' }) };
  t.strictSame(serviceReports([service]), [{ name: 'mqtt', state: 'degraded', reason: 'no broker' }]);
});

t.test('of several sensors of one name the hottest counts, once', async (t) => {
  const temperatures = [40, 51.26, 50].map((tempC) => ({
    name: 'acpitz',
    tempC,
    passiveC: undefined,
    criticalC: undefined,
  }));
  const { machine } = healthReport({ ...parts, sample: { ...machineSample(), temperatures } });
  t.strictSame(machine.temperatures, [{ name: 'acpitz', tempC: 51.26 }]);
});
