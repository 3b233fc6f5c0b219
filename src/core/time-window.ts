/**
 * When models may be fetched and changed: the time window of the configuration, in local time whatever daylight saving
 * does, and networks that cost by the byte. Pure; asked again and again, since clocks jump.
 */
import type { ModelSource } from './model-update.js';

/** Minutes since midnight, local time. Equal ends: always open. */
export interface TimeWindow {
  opens: number;
  closes: number;
}

export interface BeginFacts {
  /** `updates.window`. */
  window: string | undefined;
  /** `updates.metered`. */
  metered: boolean;
  /** `models.<name>.urgent`: neither counts. */
  urgent: boolean;
  source: ModelSource['kind'];
}

const MINUTE_MS = 60_000;
/** A window that falls into the hour that daylight saving takes away opens a day later. */
const LONGEST_MINUTES = 49 * 60;

/** Reads "22:00-05:00", as the configuration has checked it. */
export function parseTimeWindow(text: string): TimeWindow {
  const [opens = 0, closes = 0] = text.split('-').map((time) => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number);
    return hours * 60 + minutes;
  });
  return { opens, closes };
}

/** Whether the window is open at `wallMs`, in this process's time zone. The closing minute is outside. */
export function isOpen({ opens, closes }: TimeWindow, wallMs: number): boolean {
  const at = new Date(wallMs);
  const minute = at.getHours() * 60 + at.getMinutes();
  if (opens <= closes) return opens === closes || (minute >= opens && minute < closes);
  return minute >= opens || minute < closes;
}

/** Milliseconds until the window opens; 0 when it is open. */
export function opensInMs(window: TimeWindow, wallMs: number): number {
  if (isOpen(window, wallMs)) return 0;
  // Minute by minute: no other way is right on the days on which the clock is changed.
  const first = Math.floor(wallMs / MINUTE_MS) * MINUTE_MS;
  for (let minutes = 1; minutes <= LONGEST_MINUTES; minutes += 1) {
    const at = first + minutes * MINUTE_MS;
    if (isOpen(window, at)) return at - wallMs;
  }
  return LONGEST_MINUTES * MINUTE_MS;
}

/** Why fetching and changing a model has to wait; undefined when it may begin, and go on. */
export function mayBegin(
  facts: BeginFacts,
  wallMs: number,
): { reason: string; forMs: number | undefined } | undefined {
  if (facts.urgent) return undefined;
  const overNetwork = facts.source === 'http' || facts.source === 'mqtt';
  if (facts.metered && overNetwork)
    return { reason: 'the network costs by the byte and the model is not urgent', forMs: undefined };
  if (facts.window === undefined) return undefined;
  const forMs = opensInMs(parseTimeWindow(facts.window), wallMs);
  if (forMs === 0) return undefined;
  return { reason: `the time window opens at ${facts.window.slice(0, 5)}`, forMs };
}
