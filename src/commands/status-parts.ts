/** The parts of `status` but for its head and its trends: each a pure function from checked facts to lines of a width. */
import { delivers, isFaulty } from '../core/camera-state.js';
import { age, count, duration, megabytes, tenths, times, UNKNOWN } from './figures-text.js';
import { fittedTable } from './fitted-table.js';
import type { CameraFacts, HealthFacts, ModelFacts, RemedyFacts } from './status-facts.js';
import { type Line, line, lineLength, span, type Tone, wrapped } from './styled-text.js';

export interface Room {
  width: number;
  /** No more than one line for each text: what does not fit is cut off. */
  brief: boolean;
}

/** Of the names at the left. */
const LABEL = 10;
/** Less of a reason than this tells nothing. */
const LEAST_REASON = 12;

/** `services  8 of 9 ok; …`: a name at the left, and text beside it in as many lines as it takes. */
export function labelled(
  label: string,
  texts: readonly (string | [string, Tone])[],
  { width, brief }: Room,
): Line[] {
  const beside = Math.max(12, width - LABEL);
  return texts
    .map((each): [string, Tone?] => (typeof each === 'string' ? [each] : each))
    .flatMap(([text, tone]) =>
      wrapped(text, beside, 0, brief ? 1 : undefined).map((part) => span(part, tone)),
    )
    .map((part, index) => line(span((index === 0 ? label : '').padEnd(LABEL), 'dim'), part));
}

export function cameraLines(
  cameras: readonly CameraFacts[],
  nowMs: number,
  room: Room,
  most: number,
): Line[] {
  const { width, brief } = room;
  if (cameras.length === 0) return [];
  const urgent = [...cameras].sort((a, b) => Number(isFine(a)) - Number(isFine(b)));
  const shown = cameras.length > most ? urgent.slice(0, Math.max(1, most - 1)) : cameras;
  const table = fittedTable({
    columns: [
      { title: 'CAMERA', spare: 0, least: 10 },
      { title: 'STATE', spare: 0 },
      { title: 'FPS', spare: 0, right: true },
      { title: 'LAST FRAME', spare: 1, right: true },
      { title: 'DROPPED', spare: 2, right: true },
      { title: 'RECONNECTS', spare: 3, right: true },
    ],
    rows: shown.map((camera) => [
      span(camera.name, 'strong'),
      span(camera.state ?? 'unknown', isFine(camera) ? 'good' : 'bad'),
      span(tenths(camera.fps)),
      span(duration(frameAge(camera, nowMs))),
      span(count(camera.dropped)),
      span(count(camera.reconnects)),
    ]),
    width,
  });
  const lines = table.flatMap((row, index) => {
    const reason = index === 0 ? undefined : shown[index - 1]?.reason;
    if (reason === undefined || reason === '') return [row];
    const beside = width - lineLength(row) - 2;
    if (reason.length <= beside || (brief && beside >= LEAST_REASON))
      return [[...row, span(`  ${reason}`, 'warn')]];
    if (brief) return [row];
    return [row, ...wrapped(`  ${reason}`, width - 2).map((text) => line(span(`  ${text}`, 'warn')))];
  });
  const left = cameras.length - shown.length;
  return left === 0 ? lines : [...lines, line(span(`and ${left} more`, 'dim'))];
}

function isFine({ state }: CameraFacts): boolean {
  return state !== undefined && state !== 'connecting' && !isFaulty(state);
}

/** Of a camera that gives none the age grows on; another has had frames since it was told. */
function frameAge({ frameAgeMs, atMs, state }: CameraFacts, nowMs: number): number | undefined {
  if (frameAgeMs === undefined || delivers(state) || atMs === undefined) return frameAgeMs;
  return frameAgeMs + Math.max(0, nowMs - atMs);
}

export function modelLines(models: readonly ModelFacts[], room: Room): Line[] {
  const texts = models.map(
    ({ name, version, provider, family, phase, failed, notes }): string | [string, Tone] => {
      const model = [name, version, family].filter((text) => text !== undefined).join(' ');
      const text = [`${model} on ${provider ?? UNKNOWN}, ${phase ?? UNKNOWN}`, ...notes].join('; ');
      return failed ? [text, 'bad'] : text;
    },
  );
  return labelled('models', texts, room);
}

export function serviceLines({ services }: HealthFacts, room: Room): Line[] {
  if (services.length === 0) return [];
  const faulty = services.filter(({ state }) => state !== 'ok');
  const ok = services.length - faulty.length;
  const told = faulty.map(({ name, state, reason }): [string, Tone] => [
    `${name} ${state}${reason === '' ? '' : `: ${reason}`}`,
    state === 'stuck' ? 'bad' : 'warn',
  ]);
  const first = faulty.length === 0 ? `all ${ok} ok` : `${ok} of ${services.length} ok`;
  const [worst] = told;
  if (!room.brief || worst === undefined) return labelled('services', [first, ...told], room);
  const all = [first, ...told.map(([text]) => text)].join('; ');
  return labelled('services', [[all, worst[1]]], room);
}

export function processLines({ processes }: HealthFacts, room: Room): Line[] {
  if (processes.length === 0) return [];
  return fittedTable({
    columns: [
      { title: 'PROCESS', spare: 0, least: 10 },
      { title: 'PID', spare: 2, right: true },
      { title: 'MEMORY', spare: 0, right: true },
      { title: 'OWN SHARE', spare: 3, right: true },
      { title: 'SWAP', spare: 1, right: true },
      { title: 'GPU', spare: 0, right: true },
    ],
    rows: processes.map((process) => [
      span(process.name),
      span(process.pid === undefined ? UNKNOWN : String(process.pid)),
      span(megabytes(process.rssMb)),
      span(megabytes(process.ownMb)),
      span(megabytes(process.swapMb)),
      span(megabytes(process.gpuMb)),
    ]),
    width: room.width,
  });
}

export function workerLines({ workerState, failures, loopDelayMs }: HealthFacts, room: Room): Line[] {
  const parts = [workerState ?? UNKNOWN];
  if (loopDelayMs !== undefined) parts.push(`daemon ${duration(loopDelayMs)} late at most`);
  const text = parts.join(', ');
  if (failures.length === 0) return labelled('worker', [text], room);
  const ended = failures.map(([code, number]) => `${code} ${times(number)}`).join(', ');
  return labelled('worker', [[`${text}; failed: ${ended}`, 'warn']], room);
}

export function machineLines({ machine }: HealthFacts, room: Room): Line[] {
  const { temperatures, throttledBy, gpuPercent, gpuMhz, cpuMhz, powerMode } = machine;
  const [hottest] = temperatures;
  const gpu = [
    ...(gpuPercent === undefined ? [] : [`${Math.round(gpuPercent)} %`]),
    ...(gpuMhz === undefined ? [] : [`at ${gpuMhz} MHz`]),
  ];
  const parts = [
    hottest === undefined ? `temperature ${UNKNOWN}` : `${tenths(hottest[1], ' °C')} (${hottest[0]})`,
    throttledBy === undefined
      ? `throttled ${UNKNOWN}`
      : throttledBy.length === 0
        ? 'not throttled'
        : `throttled: ${throttledBy.join(', ')}`,
    ...(gpu.length === 0 ? [] : [`GPU ${gpu.join(' ')}`]),
    ...(cpuMhz === undefined ? [] : [`CPU ${cpuMhz} MHz`]),
    ...(powerMode === undefined ? [] : [`mode ${powerMode}`]),
  ];
  const hot = throttledBy !== undefined && throttledBy.length > 0;
  return labelled('machine', [hot ? [parts.join(', '), 'warn'] : parts.join(', ')], room);
}

export function memoryLines({ machine }: HealthFacts, room: Room): Line[] {
  const { memoryMb, availableMb, swapMb, pressurePercent, gpuUsedMb, gpuMemoryMb } = machine;
  const parts = [
    `${megabytes(availableMb)} of ${megabytes(memoryMb)} available`,
    ...(gpuUsedMb === undefined
      ? []
      : [`GPU ${megabytes(gpuUsedMb)}${gpuMemoryMb === undefined ? '' : ` of ${megabytes(gpuMemoryMb)}`}`]),
    `swap ${megabytes(swapMb)}`,
    `pressure ${tenths(pressurePercent, ' %')}`,
  ];
  return labelled('memory', [parts.join(', ')], room);
}

export function mqttLines({ mqtt }: HealthFacts, room: Room): Line[] {
  const { published, dropped, reconnects, queuedBytes } = mqtt;
  const queued = queuedBytes === undefined ? UNKNOWN : `${count(queuedBytes)} bytes`;
  const parts = [
    `${count(published)} sent`,
    `${count(dropped)} dropped`,
    `${count(reconnects)} reconnects`,
    `${queued} queued`,
  ];
  return labelled('mqtt', [parts.join(', ')], room);
}

export function outboxLines({ outbox }: HealthFacts, room: Room): Line[] {
  if (outbox === undefined) return [];
  const { mode, waiting, bytes, lost, replaying } = outbox;
  const parts = [
    `${count(waiting)} waiting`,
    `${count(bytes)} bytes ${mode === 'memory' ? 'in memory' : 'on the disk'}`,
    ...(replaying ? ['being sent'] : []),
    ...lost.map(([cause, number]) => `${count(number)} lost (${cause})`),
  ];
  return labelled('outbox', [parts.join(', ')], room);
}

/** What was done, for people: `recycled 2 times: leak`. */
const DONE: Record<string, string> = {
  recycle: 'worker recycled',
  'slow down': 'slowed down',
  'speed up': 'sped up',
  restart: 'restarted',
  reboot: 'reboot asked for',
};

export function remedyLines(
  { taken, last, pending, maxRate }: HealthFacts,
  nowMs: number,
  room: Room,
): Line[] {
  const rate: string | [string, Tone] =
    maxRate === undefined
      ? 'not slowed down'
      : [`slowed down to ${tenths(maxRate)} frames per second over all cameras`, 'warn'];
  const done = taken.map(([act, cause, number]) => `${DONE[act] ?? act} ${times(number)}: ${cause}`);
  const texts: (string | [string, Tone])[] = [];
  if (typeof rate === 'string') texts.push([rate, ...done].join('; '));
  else texts.push(rate, ...(done.length === 0 ? [] : [done.join('; ')]));
  if (pending !== undefined)
    texts.push([`pending for ${age(since(pending, nowMs))}: ${remedyText(pending)}`, 'warn']);
  if (last !== undefined) texts.push(`last ${age(since(last, nowMs))} ago: ${remedyText(last)}`);
  return labelled('remedies', texts, room);
}

function since({ atMs }: RemedyFacts, nowMs: number): number | undefined {
  return atMs === undefined ? undefined : Math.max(0, nowMs - atMs);
}

function remedyText({ act, cause, reason }: RemedyFacts): string {
  return `${act} (${cause})${reason === '' ? '' : `: ${reason}`}`;
}

export function missingLines({ missing }: HealthFacts, room: Room): Line[] {
  return labelled(
    'unknown',
    missing.map(([what, why]) => `${what}: ${why}`),
    room,
  );
}
