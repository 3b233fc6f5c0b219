/** The metrics that are read off the report of health, as a table. What it does not know has no sample. */

import { SHOWN_STATES } from '../core/camera-state.js';
import { DROP_CAUSES } from '../core/drops.js';
import type { CameraHealth, HealthReport, MachineReport, ProcessReport } from '../core/health-report.js';
import { byKey, type Metric, oneHot, only, type Sample } from './metric.js';

export const SERVICE_STATES = ['ok', 'degraded', 'stuck'];

type HealthMetric = Metric<HealthReport>;
type Samples = HealthMetric['samples'];

function gauge(name: string, help: string, labels: string[], samples: Samples): HealthMetric {
  return { name: `detectd_${name}`, help, kind: 'gauge', labels, samples };
}

function counter(name: string, help: string, labels: string[], samples: Samples): HealthMetric {
  return { name: `detectd_${name}_total`, help, kind: 'counter', labels, samples };
}

function perCamera(value: (camera: CameraHealth) => number | undefined): Samples {
  return ({ cameras }) => cameras.map((each) => [[each.camera], value(each)]);
}

function perProcess(value: (process: ProcessReport) => number | undefined): Samples {
  return ({ processes }) => processes.map((each) => [[each.name], value(each)]);
}

function machine(value: (machine: MachineReport) => number | undefined): Samples {
  return (report) => only(value(report.machine));
}

/** Metrics count in base units. */
const hundredth = (value: number | undefined) => (value === undefined ? undefined : value / 100);
const thousandth = (value: number | undefined) => (value === undefined ? undefined : value / 1000);

function* dropped({ cameras, mqtt }: HealthReport): Iterable<Sample> {
  for (const { camera, drops, failed } of cameras) {
    for (const cause of DROP_CAUSES) yield [[cause, camera], drops[cause]];
    yield [['failed', camera], failed];
  }
  yield [['mqtt', ''], mqtt.dropped];
}

function* remedies({ remedies: { taken } }: HealthReport): Iterable<Sample> {
  for (const [act, causes] of Object.entries(taken))
    for (const [cause, count] of Object.entries(causes)) yield [[act, cause], count];
}

const CAMERAS: HealthMetric[] = [
  gauge('camera_state', '1 for the state that the camera is in.', ['camera', 'state'], ({ cameras }) =>
    cameras.flatMap(({ camera, state }) => oneHot([camera], SHOWN_STATES, state)),
  ),
  gauge(
    'camera_frames_per_second',
    'Analysed frames per second.',
    ['camera'],
    perCamera(({ fps }) => fps),
  ),
  gauge(
    'camera_last_frame_age_seconds',
    'Age of the newest frame.',
    ['camera'],
    perCamera(({ lastFrameAgeMs }) => thousandth(lastFrameAgeMs)),
  ),
  counter(
    'camera_reconnects',
    'How often the camera was opened again.',
    ['camera'],
    perCamera(({ reconnects }) => reconnects),
  ),
  counter(
    'frames_dropped',
    'Frames that were lost: replaced by a newer one while the model was busy, while the rate was held down (paced) or results were not taken (backlog), closed with their camera, failed in the model, or their message was not sent (mqtt).',
    ['cause', 'camera'],
    dropped,
  ),
];

const SERVICES: HealthMetric[] = [
  gauge(
    'service_state',
    '1 for the state that the service is in; stuck is what a restart would cure.',
    ['service', 'state'],
    ({ services }) => services.flatMap(({ name, state }) => oneHot([name], SERVICE_STATES, state)),
  ),
  gauge('worker_state', '1 for the state that the worker is in.', ['state'], ({ worker }) => [
    [[worker.state], 1],
  ]),
  counter(
    'worker_failures',
    'Workers that ended otherwise than in order, by error code.',
    ['code'],
    ({ worker }) => byKey(worker.failures),
  ),
  gauge(
    'worker_waiting_frames',
    'Frames that wait for their turn or are with the model, over all cameras.',
    [],
    ({ worker }) => only(worker.waitingFrames),
  ),
  gauge(
    'worker_unsent_results',
    'Results that the supervising process has not taken yet.',
    [],
    ({ worker }) => only(worker.unsentResults),
  ),
  gauge(
    'loop_delay_seconds',
    'Longest time in the last interval in which the supervising process could do nothing.',
    [],
    ({ worker }) => only(thousandth(worker.loopDelayMs)),
  ),
  gauge('uptime_seconds', 'Since the daemon started.', [], ({ uptimeS }) => only(uptimeS)),
  gauge('report_timestamp_seconds', 'When the daemon looked at its health last.', [], ({ ts }) =>
    only(Date.parse(ts) / 1000),
  ),
  gauge('probe_silent', '1 for each thing that could not be found out.', ['probe'], ({ missing }) =>
    Object.keys(missing).map((probe) => [[probe], 1]),
  ),
];

const MQTT: HealthMetric[] = [
  counter('mqtt_published', 'Detections messages handed to the broker.', [], ({ mqtt }) =>
    only(mqtt.published),
  ),
  counter('mqtt_reconnects', 'Connections to the broker after the first.', [], ({ mqtt }) =>
    only(mqtt.reconnects),
  ),
  gauge('mqtt_queued_bytes', 'What waits to be sent to the broker.', [], ({ mqtt }) =>
    only(mqtt.queuedBytes),
  ),
];

const OUTBOX: HealthMetric[] = [
  gauge('outbox_waiting', 'Stored messages that the broker does not have yet.', [], ({ outbox }) =>
    only(outbox?.waiting),
  ),
  gauge('outbox_bytes', 'What they take of the store.', [], ({ outbox }) => only(outbox?.bytes)),
  gauge(
    'outbox_oldest_age_seconds',
    'Of the oldest of them, counted while the daemon runs.',
    [],
    ({ outbox }) => only(outbox?.oldestAgeS),
  ),
  gauge('outbox_on_disk', '0 while messages are kept in memory.', [], ({ outbox }) =>
    only(outbox && Number(outbox.mode === 'disk')),
  ),
  counter('outbox_stored', 'Messages that were stored.', [], ({ outbox }) => only(outbox?.stored)),
  counter('outbox_acknowledged', 'Stored messages that the broker has.', [], ({ outbox }) =>
    only(outbox?.acknowledged),
  ),
  counter('outbox_lost', 'Stored messages that will never come, by cause.', ['cause'], ({ outbox }) =>
    byKey(outbox?.lost ?? {}),
  ),
];

const REMEDIES: HealthMetric[] = [
  counter(
    'remedies',
    'What was done about the health of the daemon: recycle (a fresh worker), slow down, speed up, restart, reboot.',
    ['act', 'cause'],
    remedies,
  ),
  gauge(
    'remedy_pending',
    '1 for what is about to be done, at a quiet moment.',
    ['act', 'cause'],
    ({ remedies: { pending } }) => (pending === undefined ? [] : [[[pending.act, pending.cause], 1]]),
  ),
  gauge(
    'max_frames_per_second',
    'What the analysed frames of all cameras are kept to while slowed down; absent otherwise.',
    [],
    (report) => only(report.remedies.maxRate),
  ),
];

const MEMORY: HealthMetric[] = [
  gauge('memory_bytes', 'Memory in each series that is watched for leaks.', ['series'], ({ memory }) =>
    memory.map(({ name, bytes }) => [[name], bytes]),
  ),
  gauge(
    'memory_slope_bytes_per_hour',
    'How fast memory is being lost, above 0, or comes back.',
    ['series'],
    ({ memory }) => memory.map(({ name, bytesPerHour }) => [[name], bytesPerHour]),
  ),
  gauge('memory_leak', '1 when the series is a leak.', ['series'], ({ memory }) =>
    memory.map(({ name, verdict }) => [[name], verdict === 'leak' ? 1 : 0]),
  ),
  gauge(
    'memory_limit_reached_seconds',
    'Until a leak reaches its limit at this slope; absent without a leak.',
    ['series'],
    ({ memory }) => memory.map(({ name, limitReachedInS }) => [[name], limitReachedInS]),
  ),
  gauge(
    'process_resident_bytes',
    'Memory of the process, what it shares included (RSS).',
    ['process'],
    perProcess(({ rssBytes }) => rssBytes),
  ),
  gauge(
    'process_proportional_bytes',
    'Memory of the process, with its part of what is shared (Pss).',
    ['process'],
    perProcess(({ pssBytes }) => pssBytes),
  ),
  gauge(
    'process_swap_bytes',
    'What was swapped out of the process.',
    ['process'],
    perProcess(({ swapBytes }) => swapBytes),
  ),
  gauge(
    'process_gpu_bytes',
    'GPU memory of the process.',
    ['process'],
    perProcess(({ gpuBytes }) => gpuBytes),
  ),
];

const MACHINE: HealthMetric[] = [
  gauge(
    'machine_memory_bytes',
    'Memory of the machine.',
    [],
    machine((m) => m.memoryBytes),
  ),
  gauge(
    'machine_memory_available_bytes',
    'What of it can still be had.',
    [],
    machine((m) => m.availableBytes),
  ),
  gauge(
    'machine_swap_used_bytes',
    'What is swapped out.',
    [],
    machine((m) => m.swapUsedBytes),
  ),
  gauge(
    'machine_memory_pressure_ratio',
    'Part of the last ten seconds in which something waited for memory.',
    [],
    machine((m) => hundredth(m.memoryPressurePercent)),
  ),
  gauge(
    'gpu_memory_used_bytes',
    'GPU memory that all processes hold.',
    [],
    machine((m) => m.gpuUsedBytes),
  ),
  gauge(
    'gpu_memory_bytes',
    "Memory of the card; boards share the machine's.",
    [],
    machine((m) => m.gpuMemoryBytes),
  ),
  gauge(
    'gpu_load_ratio',
    'Load of the GPU.',
    [],
    machine((m) => hundredth(m.gpuLoadPercent)),
  ),
  gauge(
    'gpu_clock_hertz',
    'Clock of the GPU.',
    [],
    machine((m) => m.gpuClockHz),
  ),
  gauge(
    'cpu_clock_hertz',
    'Clock of the CPU.',
    [],
    machine((m) => m.cpuClockHz),
  ),
  gauge('temperature_celsius', 'Temperature at each sensor.', ['sensor'], (report) =>
    report.machine.temperatures.map(({ name, tempC }) => [[name], tempC]),
  ),
  gauge(
    'throttled',
    '1 while something holds clocks down.',
    [],
    machine((m) => (m.throttledBy === undefined ? undefined : Math.min(1, m.throttledBy.length))),
  ),
  gauge('throttled_by', '1 for each cause that holds clocks down.', ['cause'], (report) =>
    (report.machine.throttledBy ?? []).map((cause) => [[cause], 1]),
  ),
  gauge('power_mode_info', 'Name of the power mode.', ['mode'], ({ machine: { powerMode } }) =>
    powerMode === undefined ? [] : [[[powerMode], 1]],
  ),
];

export const HEALTH_METRICS: readonly HealthMetric[] = [
  ...CAMERAS,
  ...SERVICES,
  ...MQTT,
  ...OUTBOX,
  ...REMEDIES,
  ...MEMORY,
  ...MACHINE,
];
