/**
 * Whether a stream of this process goes straight to systemd's journal, which takes a priority from the start of each
 * line (`<4>` is a warning), and the priority of each level of the log. See systemd.exec(5), JOURNAL_STREAM, and
 * sd-daemon(3).
 */
import { fstatSync } from 'node:fs';

/** Of syslog: 2 critical, 3 error, 4 warning, 5 notice, 6 info, 7 debug. */
export type JournalPriority = 2 | 3 | 4 | 5 | 6 | 7;

/** True when `fd` is the very stream that systemd connected to the journal, and not a pipe put in its place. */
export function isJournal(fd: number, env: NodeJS.ProcessEnv = process.env): boolean {
  const stream = env['JOURNAL_STREAM'];
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/** `level` as pino numbers it: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
export function journalPriority(level: number): JournalPriority {
  if (level >= 60) return 2;
  if (level >= 50) return 3;
  if (level >= 40) return 4;
  return level >= 30 ? 6 : 7;
}
