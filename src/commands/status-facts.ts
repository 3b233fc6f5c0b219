/**
 * What the messages of a device amount to, each fact checked: the one place that knows both their fields and that they may
 * hold anything. What is drawn is drawn from this.
 */
import type { DeviceState } from '../publish/device-book.js';
import { Fields, textOf } from './checked-fields.js';

export interface StatusFacts {
  device: string;
  state: string | undefined;
  reason: string | undefined;
  /** When the state was entered, in milliseconds since the epoch. */
  sinceMs: number | undefined;
  version: string | undefined;
  cameras: CameraFacts[];
  models: ModelFacts[];
  /** Undefined where the device has not told of its health. */
  health: HealthFacts | undefined;
}

export interface CameraFacts {
  name: string;
  state: string | undefined;
  reason: string | undefined;
  fps: number | undefined;
  frameAgeMs: number | undefined;
  /** When this was so, in milliseconds since the epoch by the device's clock. */
  atMs: number | undefined;
  dropped: number | undefined;
  reconnects: number | undefined;
}

export interface ModelFacts {
  name: string;
  version: string | undefined;
  /** `tensorrt fp16`: what serves. */
  provider: string | undefined;
  family: string | undefined;
  /** `serving`, `building the tensorrt fp16 engine, 34 %`. */
  phase: string | undefined;
  failed: boolean;
  /** What failed, what is not used. */
  notes: string[];
}

export interface SeriesFacts {
  name: string;
  mb: number | undefined;
  verdict: string | undefined;
  mbPerHour: number | undefined;
  limitInS: number | undefined;
  reason: string | undefined;
}

export interface ProcessFacts {
  name: string;
  pid: number | undefined;
  rssMb: number | undefined;
  ownMb: number | undefined;
  swapMb: number | undefined;
  gpuMb: number | undefined;
}

export interface RemedyFacts {
  act: string;
  cause: string;
  reason: string;
  atMs: number | undefined;
}

export interface HealthFacts {
  takenMs: number | undefined;
  uptimeS: number | undefined;
  loopDelayMs: number | undefined;
  services: { name: string; state: string; reason: string }[];
  workerState: string | undefined;
  failures: [code: string, count: number][];
  memory: SeriesFacts[];
  processes: ProcessFacts[];
  machine: {
    memoryMb: number | undefined;
    availableMb: number | undefined;
    swapMb: number | undefined;
    pressurePercent: number | undefined;
    gpuUsedMb: number | undefined;
    gpuMemoryMb: number | undefined;
    gpuPercent: number | undefined;
    gpuMhz: number | undefined;
    cpuMhz: number | undefined;
    /** Hottest first. */
    temperatures: [name: string, celsius: number][];
    /** Undefined where nothing can tell. */
    throttledBy: string[] | undefined;
    powerMode: string | undefined;
  };
  mqtt: Record<'published' | 'dropped' | 'reconnects' | 'queuedBytes', number | undefined>;
  /** Stored messages; undefined for a device that tells nothing of them. */
  outbox:
    | {
        mode: string | undefined;
        waiting: number | undefined;
        bytes: number | undefined;
        lost: [cause: string, count: number][];
        replaying: boolean;
      }
    | undefined;
  taken: [act: string, cause: string, count: number][];
  pending: RemedyFacts | undefined;
  last: RemedyFacts | undefined;
  maxRate: number | undefined;
  history: {
    intervalS: number | undefined;
  } & Record<'available' | 'worker' | 'gpu' | 'fps' | 'hottest', (number | null)[] | undefined>;
  missing: [what: string, why: string][];
}

export function statusFacts(state: DeviceState): StatusFacts {
  const status = new Fields(state.status);
  const info = new Fields(state.info);
  const health = state.health === undefined ? undefined : new Fields(state.health);
  return {
    device: textOf(state.device) ?? '',
    state: status.text('state'),
    reason: status.text('reason'),
    sinceMs: status.date('ts'),
    version: info.text('version'),
    cameras: cameraFacts(state, info, health),
    models: modelFacts(state, info),
    health: health && healthFacts(health),
  };
}

function cameraFacts(state: DeviceState, info: Fields, health: Fields | undefined): CameraFacts[] {
  const listed = info.list('cameras').filter((name) => typeof name === 'string');
  // Of cameras that are not configured any more, a retained word may have stayed behind.
  const names = info.has('cameras') ? listed : Object.keys(state.cameras);
  const cameras = new Fields(state.cameras);
  const figures = health?.within('cameras');
  const figuresMs = health?.date('ts') ?? 0;
  return [...new Set(names)].map((name) => {
    const told = cameras.within(name);
    const figure = figures?.within(name);
    const toldMs = told.date('ts') ?? 0;
    // Both go by the device's clock; a camera speaks when it changes, health more often.
    const [newer, older] = figure?.has('state') && figuresMs > toldMs ? [figure, told] : [told, figure];
    const state = newer.text('state') ?? older?.text('state');
    return {
      name: textOf(name) ?? '',
      state,
      reason: told.text('state') === state ? told.text('reason') : undefined,
      fps: newer.number('fps'),
      frameAgeMs: newer.number('last_frame_age_ms'),
      atMs: newer === told ? told.date('ts') : figuresMs,
      dropped: figure?.number('dropped'),
      reconnects: newer.number('reconnects') ?? older?.number('reconnects'),
    };
  });
}

function modelFacts(state: DeviceState, info: Fields): ModelFacts[] {
  const states = new Fields(state.models);
  return info
    .within('models')
    .entries()
    .map(([name, value]) => {
      const model = new Fields(value);
      const now = states.within(name);
      const active = now.within('active');
      const serving = active.has('provider') ? active : model;
      const provider = [serving.text('provider'), serving.text('precision')].filter(Boolean).join(' ');
      return {
        name,
        version: model.text('version'),
        provider: provider === '' ? undefined : provider,
        family: model.text('family'),
        phase: modelPhase(now),
        failed: now.text('phase') === 'failed',
        notes: modelNotes(now),
      };
    });
}

function modelPhase(now: Fields): string | undefined {
  const phase = now.text('phase');
  const engine = [now.text('provider'), now.text('precision')].filter(Boolean).join(' ');
  if (phase === undefined || phase === 'failed' || engine === '') return phase;
  const percent = now.number('percent');
  const seconds = now.number('elapsed_s');
  const far = percent === undefined ? seconds && `, ${seconds} s` : `, ${percent} %`;
  return `${phase} the ${engine} engine${far ?? ''}`;
}

function modelNotes(now: Fields): string[] {
  const notes: string[] = [];
  const failure = now.within('last_error').text('message');
  if (failure !== undefined) notes.push(failure);
  for (const step of now.list('steps_down', 8)) {
    const { provider, reason } = {
      provider: new Fields(step).text('provider'),
      reason: new Fields(step).text('reason'),
    };
    if (provider !== undefined) notes.push(`${provider} is not used: ${reason ?? 'for an unknown reason'}`);
  }
  return notes;
}

function healthFacts(health: Fields): HealthFacts {
  const machine = health.within('machine');
  const mqtt = health.within('mqtt');
  const remedies = health.within('remedies');
  const history = health.within('history');
  return {
    takenMs: health.date('ts'),
    uptimeS: health.number('uptime_s'),
    loopDelayMs: health.number('loop_delay_ms'),
    services: health
      .within('services')
      .entries()
      .map(([name, value]) => {
        const service = new Fields(value);
        return { name, state: service.text('state') ?? 'unknown', reason: service.text('reason') ?? '' };
      }),
    workerState: health.within('worker').text('state'),
    failures: counts(health.within('worker').within('failures')),
    memory: health.within('memory').entries(32).map(seriesFacts),
    processes: health.list('processes', 32).map(processFacts),
    machine: {
      memoryMb: machine.number('memory_mb'),
      availableMb: machine.number('available_mb'),
      swapMb: machine.number('swap_used_mb'),
      pressurePercent: machine.number('memory_pressure_percent'),
      gpuUsedMb: machine.number('gpu_used_mb'),
      gpuMemoryMb: machine.number('gpu_memory_mb'),
      gpuPercent: machine.number('gpu_load_percent'),
      gpuMhz: machine.number('gpu_clock_mhz'),
      cpuMhz: machine.number('cpu_clock_mhz'),
      temperatures: counts(machine.within('temperatures_c')).sort((a, b) => b[1] - a[1]),
      throttledBy: machine.has('throttled_by')
        ? machine.list('throttled_by', 16).flatMap((each) => textOf(each) ?? [])
        : undefined,
      powerMode: machine.text('power_mode'),
    },
    mqtt: {
      published: mqtt.number('published'),
      dropped: mqtt.number('dropped'),
      reconnects: mqtt.number('reconnects'),
      queuedBytes: mqtt.number('queued_bytes'),
    },
    outbox: health.has('outbox')
      ? {
          mode: health.within('outbox').text('mode'),
          waiting: health.within('outbox').number('waiting'),
          bytes: health.within('outbox').number('bytes'),
          lost: counts(health.within('outbox').within('lost')),
          replaying: health.within('outbox').flag('replaying'),
        }
      : undefined,
    taken: remedies
      .within('taken')
      .entries(16)
      .flatMap(([act, causes]) =>
        counts(new Fields(causes)).map(([cause, count]): HealthFacts['taken'][number] => [act, cause, count]),
      ),
    pending: remedyFacts(remedies, 'pending'),
    last: remedyFacts(remedies, 'last'),
    maxRate: remedies.number('max_rate'),
    history: {
      intervalS: history.number('interval_s'),
      available: history.figures('available_mb'),
      worker: history.figures('worker_mb'),
      gpu: history.figures('gpu_mb'),
      fps: history.figures('fps'),
      hottest: history.figures('hottest_c'),
    },
    missing: health
      .within('missing')
      .entries(32)
      .map(([what, why]) => [what, textOf(why) ?? '']),
  };
}

function seriesFacts([name, value]: [string, unknown]): SeriesFacts {
  const series = new Fields(value);
  return {
    name,
    mb: series.number('mb'),
    verdict: series.text('verdict'),
    mbPerHour: series.number('mb_per_hour'),
    limitInS: series.number('limit_reached_in_s'),
    reason: series.text('reason'),
  };
}

function processFacts(value: unknown): ProcessFacts {
  const process = new Fields(value);
  return {
    name: process.text('name') ?? '-',
    pid: process.number('pid'),
    rssMb: process.number('rss_mb'),
    ownMb: process.number('pss_mb'),
    swapMb: process.number('swap_mb'),
    gpuMb: process.number('gpu_mb'),
  };
}

function remedyFacts(remedies: Fields, name: string): RemedyFacts | undefined {
  if (!remedies.has(name)) return undefined;
  const remedy = remedies.within(name);
  return {
    act: remedy.text('act') ?? '-',
    cause: remedy.text('cause') ?? '-',
    reason: remedy.text('reason') ?? '',
    atMs: remedy.date('ts'),
  };
}

/** Names with a number each; anything else is left out. */
function counts(record: Fields): [name: string, count: number][] {
  return record
    .entries(64)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number' && Number.isFinite(entry[1]));
}
