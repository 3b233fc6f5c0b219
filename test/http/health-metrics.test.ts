/** The report of health as metrics. */
import { Registry } from 'prom-client';
import t from 'tap';
import type { HealthReport } from '../../dist/core/health-report.js';
import { HEALTH_METRICS } from '../../dist/http/health-metrics.js';
import { register } from '../../dist/http/metric.js';
import { healthReport } from '../helpers/health-report.js';
import { metricSamples, samplesOf } from '../helpers/metric-samples.js';

function textOf(report: HealthReport): Promise<string> {
  const registry = new Registry();
  for (const metric of HEALTH_METRICS) register(registry, metric, () => report);
  return registry.metrics();
}

t.test('every figure of a report has its sample, in base units', async (t) => {
  const text = await textOf(healthReport());
  const samples = metricSamples(text);
  const expected: Record<string, number> = {
    'detectd_camera_state{camera="lane",state="offline"}': 1,
    'detectd_camera_state{camera="lane",state="online"}': 0,
    'detectd_camera_frames_per_second{camera="gate"}': 9.97,
    'detectd_camera_last_frame_age_seconds{camera="gate"}': 0.084,
    'detectd_camera_reconnects_total{camera="lane"}': 7,
    'detectd_frames_dropped_total{cause="replaced",camera="yard"}': 38,
    'detectd_frames_dropped_total{cause="paced",camera="yard"}': 2,
    'detectd_frames_dropped_total{cause="failed",camera="yard"}': 3,
    'detectd_frames_dropped_total{cause="mqtt"}': 214,
    'detectd_service_state{service="cameras",state="degraded"}': 1,
    'detectd_service_state{service="cameras",state="ok"}': 0,
    'detectd_worker_state{state="serving"}': 1,
    'detectd_worker_failures_total{code="WORKER_HUNG"}': 1,
    detectd_worker_waiting_frames: 2,
    detectd_worker_unsent_results: 0,
    detectd_loop_delay_seconds: 0.01261,
    detectd_uptime_seconds: 22_384,
    detectd_report_timestamp_seconds: Date.UTC(2026, 10, 22, 8, 21, 4, 512) / 1000,
    detectd_mqtt_published_total: 857_786,
    detectd_mqtt_reconnects_total: 2,
    detectd_mqtt_queued_bytes: 0,
    'detectd_remedies_total{act="recycle",cause="leak"}': 2,
    'detectd_remedies_total{act="slow down",cause="hot"}': 1,
    'detectd_remedy_pending{act="recycle",cause="leak"}': 1,
    'detectd_memory_bytes{series="worker gpu"}': 1_861_222_400,
    'detectd_memory_slope_bytes_per_hour{series="worker gpu"}': 62_411_200,
    'detectd_memory_leak{series="worker gpu"}': 1,
    'detectd_memory_leak{series="worker"}': 0,
    'detectd_memory_limit_reached_seconds{series="worker gpu"}': 41_520,
    'detectd_process_resident_bytes{process="daemon"}': 74_100_736,
    'detectd_process_proportional_bytes{process="worker"}': 968_884_224,
    'detectd_process_swap_bytes{process="daemon"}': 0,
    'detectd_process_gpu_bytes{process="worker"}': 1_861_222_400,
    detectd_machine_memory_bytes: 7_990_452_224,
    detectd_machine_memory_available_bytes: 2_914_304_000,
    detectd_machine_swap_used_bytes: 186_040_320,
    detectd_machine_memory_pressure_ratio: 0.0042,
    detectd_gpu_memory_used_bytes: 1_934_622_720,
    detectd_gpu_load_ratio: 0.613,
    detectd_gpu_clock_hertz: 624_750_000,
    detectd_cpu_clock_hertz: 1_510_400_000,
    'detectd_temperature_celsius{sensor="tj-thermal"}': 66.03,
    detectd_throttled: 0,
    'detectd_power_mode_info{mode="15W"}': 1,
  };
  for (const [name, value] of Object.entries(expected)) t.equal(samples.get(name), value, name);
});

t.test('stored messages are told where there are any', async (t) => {
  const lost = { overflow: 3, age: 0, 'too-large': 0, refused: 0, corrupt: 0, disk: 0, 'power-cut': 0 };
  const outbox = {
    ...{ mode: 'memory' as const, waiting: 12, bytes: 4800, oldestAgeS: 61.5 },
    ...{ stored: 100, acknowledged: 85, lost, replaying: true },
  };
  const samples = metricSamples(await textOf({ ...healthReport(), outbox }));
  const expected = {
    ...{ detectd_outbox_waiting: 12, detectd_outbox_bytes: 4800, detectd_outbox_oldest_age_seconds: 61.5 },
    ...{ detectd_outbox_on_disk: 0, detectd_outbox_stored_total: 100, detectd_outbox_acknowledged_total: 85 },
    ...{ 'detectd_outbox_lost_total{cause="overflow"}': 3, 'detectd_outbox_lost_total{cause="age"}': 0 },
  };
  for (const [name, value] of Object.entries(expected)) t.equal(samples.get(name), value, name);
});

t.test('what is unknown has no sample, in particular no 0', async (t) => {
  const report = healthReport();
  const { machine } = report;
  const blind = Object.fromEntries(Object.keys(machine).map((key) => [key, undefined]));
  const text = await textOf({
    ...report,
    machine: { ...machine, ...blind, temperatures: [] },
    processes: [],
    memory: [],
    cameras: [],
    services: [],
    worker: { ...report.worker, loopDelayMs: undefined, waitingFrames: undefined, unsentResults: undefined },
    remedies: { ...report.remedies, pending: undefined, taken: {} },
    ts: 'never',
    missing: { gpu: 'no answer in 500 ms' },
  });
  const names = [...metricSamples(text).keys()].map((key) => key.split('{')[0]);
  t.strictSame([...new Set(names)].sort(), [
    'detectd_frames_dropped_total',
    'detectd_mqtt_published_total',
    'detectd_mqtt_queued_bytes',
    'detectd_mqtt_reconnects_total',
    'detectd_probe_silent',
    'detectd_uptime_seconds',
    'detectd_worker_failures_total',
    'detectd_worker_state',
  ]);
  t.notMatch(text, 'no answer', 'reasons are for people');
});

t.test('throttling and slowing down are told by what causes them', async (t) => {
  const report = healthReport();
  const text = await textOf({
    ...report,
    machine: { ...report.machine, throttledBy: ['cpu-throttle-alert', 'oc1'] },
    remedies: { ...report.remedies, maxRate: 12 },
  });
  t.strictSame(samplesOf(text, 'detectd_throttled'), { '': 1 });
  t.strictSame(samplesOf(text, 'detectd_throttled_by'), {
    '{cause="cpu-throttle-alert"}': 1,
    '{cause="oc1"}': 1,
  });
  t.strictSame(samplesOf(text, 'detectd_max_frames_per_second'), { '': 12 });
});

t.test('names follow the customs', (t) => {
  const names = HEALTH_METRICS.map(({ name }) => name);
  t.equal(new Set(names).size, names.length, 'each is there once');
  for (const { name, kind, help } of HEALTH_METRICS) {
    t.match(name, /^detectd_[a-z]+(_[a-z]+)*$/);
    t.equal(name.endsWith('_total'), kind === 'counter', name);
    t.match(help, /^\S.*\.$/, `${name} has a sentence`);
  }
  t.end();
});
