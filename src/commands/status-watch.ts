/**
 * `detectd status --watch`: what a device says about itself, for as long as somebody looks. On a terminal the screen is
 * redrawn, elsewhere each change is a block of text or a line of JSON. The broker may go and come back meanwhile.
 */
import type { Clock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { printableJson } from '../base/printable.js';
import type { MqttConfig } from '../config/schema.js';
import { DeviceWatch } from '../publish/device-watch.js';
import { Interrupted } from './interruption.js';
import { LiveScreen, type TerminalStreams } from './live-screen.js';
import { RedrawPace } from './redraw-pace.js';
import { statusFacts } from './status-facts.js';
import { statusLines, type ViewContext } from './status-view.js';
import { line, looks, rendered, span } from './styled-text.js';

export interface WatchOptions {
  mqtt: MqttConfig;
  device: string;
  clock: Clock;
  /** Least time between two drawings; by default four a second on a terminal, else one. */
  intervalMs: number | undefined;
  json: boolean;
  /** How long the first block may wait to be whole. */
  timeoutMs: number;
  streams: TerminalStreams;
}

const TERMINAL_MS = 250;
const TEXT_MS = 1000;
/** Ages grow by the second. */
const AGES_MS = 1000;

/** Until `signal` is aborted, or `q` is typed. Rejects as DeviceWatch does. */
export async function watchStatus(io: CommandIo, options: WatchOptions, signal: AbortSignal): Promise<void> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    const onScreen = io.isTerminal && !options.json && io.env['TERM'] !== 'dumb';
    if (onScreen) await watchOnScreen(io, options, ending);
    else await watchAsText(io, options, ending.signal);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

async function watchOnScreen(io: CommandIo, options: WatchOptions, ending: AbortController): Promise<void> {
  const { mqtt, device, clock, intervalMs = TERMINAL_MS, streams } = options;
  const look = looks(io.env, true);
  let how: string | undefined;
  const watch = new DeviceWatch({ config: mqtt, device, clock, changed: () => pace.changed() });
  const screen = new LiveScreen({
    streams,
    quit: (quitBy) => {
      how = quitBy;
      ending.abort();
    },
    resized: () => pace.now(),
  });
  const draw = (): void => {
    const { columns, rows } = screen;
    const view = statusLines(statusFacts(watch.book.state), {
      ...context(watch, clock),
      width: columns,
      height: rows - 1,
    });
    const filler = Array.from({ length: rows - 1 - view.length }, () => line());
    const lines = [...view, ...filler, line(span('q quits', 'dim'))];
    screen.draw(lines.map((each) => rendered(each, look)));
  };
  const pace = new RedrawPace({ clock, leastMs: intervalMs, mostMs: Math.max(AGES_MS, intervalMs), draw });
  const leave = (): void => {
    pace.close();
    screen.close();
  };
  // At once, not when the broker has been told goodbye.
  ending.signal.addEventListener('abort', leave, { once: true });
  screen.start();
  try {
    pace.now();
    await watch.run(ending.signal);
  } finally {
    leave();
  }
  if (how === 'ctrl-c') throw new Interrupted('SIGINT', 130);
}

async function watchAsText(io: CommandIo, options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { mqtt, device, clock, intervalMs = TEXT_MS, json, timeoutMs } = options;
  const look = looks(io.env, io.isTerminal);
  let first = true;
  /** The messages of the beginning come one by one; the first block waits for all of them, for a while. */
  let whole = false;
  const watch = new DeviceWatch({
    config: mqtt,
    device,
    clock,
    changed: () => {
      whole ||= !watch.connected || watch.book.isComplete;
      if (whole) pace.changed();
    },
  });
  const patience = clock.after(timeoutMs, () => {
    whole = true;
    pace.changed();
  });
  const draw = (): void => {
    const { book, connected, fault } = watch;
    if (json) {
      const reason = fault === undefined ? {} : { reason: fault.message };
      io.out(`${printableJson({ connected, ...reason, ...book.state })}\n`);
      return;
    }
    const view = statusLines(statusFacts(book.state), { ...context(watch, clock), width: textWidth(io) });
    const text = view.map((each) => `${rendered(each, { ...look, colour: false })}\n`).join('');
    io.out(first ? text : `\n${text}`);
    first = false;
  };
  const pace = new RedrawPace({ clock, leastMs: intervalMs, draw });
  try {
    await watch.run(signal);
  } finally {
    patience.cancel();
    pace.close();
  }
}

/** Of what is not a terminal; wide enough for whole sentences, narrow enough to read. */
export function textWidth(io: CommandIo): number {
  return Math.max(20, (io.isTerminal ? io.columns?.() : undefined) ?? 100);
}

function context(watch: DeviceWatch, clock: Clock): Pick<ViewContext, 'nowMs' | 'link'> {
  const { book, connected, fault } = watch;
  const link = { connected, reason: fault?.message ?? '', heardMsAgo: book.heardMsAgo };
  return { nowMs: deviceTime(book.state.health, book.healthMsAgo, clock), link };
}

/**
 * Now by the clock of the device: by what its newest figures say, if it is known when these came, else by this machine's
 * clock.
 */
function deviceTime(
  health: Record<string, unknown> | undefined,
  healthMsAgo: number | undefined,
  clock: Clock,
): number {
  const taken = typeof health?.['ts'] === 'string' ? Date.parse(health['ts']) : Number.NaN;
  return Number.isNaN(taken) || healthMsAgo === undefined ? clock.wallMs() : taken + healthMsAgo;
}
