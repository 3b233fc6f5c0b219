/** Figures in the words of `status`; a dash for what is not known. */

export const UNKNOWN = '-';

/** `84 ms`, `12 s`, `4 min`, `6 h 13 min`, `3 d 4 h`. */
export function duration(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  if (ms < 1000) return `${Math.round(Math.max(0, ms))} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** For what nobody knows exactly: `40 min`, `12 h`, `3 d`. */
export function roughly(seconds: number): string {
  if (seconds < 90 * 60) return `${Math.max(0, Math.round(seconds / 60))} min`;
  return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** Whole seconds, at least: for ages that nobody measures more finely. */
export function age(ms: number | undefined): string {
  return duration(ms === undefined ? undefined : Math.max(0, Math.floor(ms / 1000) * 1000)).replace(
    /^0 ms$/,
    '0 s',
  );
}

/** `69 MB`, `2.9 GB`. */
export function megabytes(mb: number | undefined): string {
  if (mb === undefined) return UNKNOWN;
  return Math.abs(mb) < 9999.5 ? `${Math.round(mb) + 0} MB` : `${(mb / 1000).toFixed(1)} GB`;
}

/** `+62.4 MB`: how much a figure changes. */
export function change(mb: number | undefined): string {
  if (mb === undefined) return UNKNOWN;
  const rounded = Math.abs(mb) < 99.95 ? mb.toFixed(1) : mb.toFixed(0);
  return `${mb >= 0 ? '+' : ''}${rounded === '-0.0' ? '0.0' : rounded} MB`;
}

export function tenths(value: number | undefined, unit = ''): string {
  return value === undefined ? UNKNOWN : `${value.toFixed(1)}${unit}`;
}

/** A count, with blanks between thousands: `857 786`. */
export function count(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ' ');
}

/** `1 time`, `2 times`. */
export function times(number: number): string {
  return number === 1 ? 'once' : `${count(number)} times`;
}
