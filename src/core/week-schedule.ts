/** When something is watched: times of the week in local time, such as `mon-fri 08:00-18:00`. Pure; asked again and again, since clocks jump. */
import { isOpen, parseTimeWindow, type TimeWindow } from './time-window.js';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d';
const HOURS = `${TIME}-${TIME}`;
const DAY = `(?:${DAYS.join('|')})`;
const DAY_RANGE = `${DAY}(?:-${DAY})?`;

/** One entry: days, where it is not every day, and a time of day, where it is not the whole day. */
export const SCHEDULE_ENTRY = new RegExp(`^(?:${DAY_RANGE}(?:,${DAY_RANGE})*(?: ${HOURS})?|${HOURS})$`);

export interface WeekTime {
  /** 0 is Sunday. A window over midnight belongs to the day on which it opens. */
  days: ReadonlySet<number>;
  window: TimeWindow;
}

/** Reads an entry that SCHEDULE_ENTRY admits. */
export function parseWeekTime(text: string): WeekTime {
  const [first = '', second] = text.split(' ');
  const hasDays = /^[a-z]/.test(first);
  const hours = hasDays ? second : first;
  return {
    days: new Set(hasDays ? first.split(',').flatMap(daysOf) : DAYS.keys()),
    window: hours === undefined ? { opens: 0, closes: 0 } : parseTimeWindow(hours),
  };
}

/** Whether it is one of these times at `wallMs`, in this process's time zone; always when there are none. */
export function isDue(times: readonly WeekTime[], wallMs: number): boolean {
  return times.length === 0 || times.some((time) => isWithin(time, wallMs));
}

function isWithin({ days, window }: WeekTime, wallMs: number): boolean {
  if (!isOpen(window, wallMs)) return false;
  const at = new Date(wallMs);
  const minute = at.getHours() * 60 + at.getMinutes();
  const sinceYesterday = window.opens > window.closes && minute < window.closes;
  return days.has((at.getDay() + (sinceYesterday ? 6 : 0)) % 7);
}

function daysOf(text: string): number[] {
  const [first = 'sun', last = first] = text.split('-') as (typeof DAYS)[number][];
  const from = DAYS.indexOf(first);
  const count = ((DAYS.indexOf(last) - from + 7) % 7) + 1;
  return Array.from({ length: count }, (_, step) => (from + step) % 7);
}
