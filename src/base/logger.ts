/**
 * Logs: pino JSON on stdout, pretty on a terminal. Each component gets a child logger bound to its name. Nothing
 * secret is ever passed to it; secrets are masked where the configuration is read. In the journal each line has the
 * priority of its level.
 */
import { createRequire } from 'node:module';
import { type Logger, pino } from 'pino';
import type { PinoPretty } from 'pino-pretty';
import { isJournal, journalPriority } from './journal-stream.js';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  level: LogLevel;
  /** Coloured lines for people instead of JSON. */
  pretty: boolean;
  /** 1 stdout, 2 stderr. Commands that print results on stdout log to stderr. */
  fd?: 1 | 2;
}

/** Children of each logger made here; pino itself copies the level into a child and forgets it. */
const families = new WeakMap<Logger, Set<WeakRef<Logger>>>();

export function createLogger(options: LoggerOptions): Logger {
  const children = new Set<WeakRef<Logger>>();
  const log = newLogger(options, (child) => {
    for (const known of children) if (known.deref() === undefined) children.delete(known);
    children.add(new WeakRef(child));
  });
  families.set(log, children);
  return log;
}

/** Changes the level of a logger from createLogger() and of every child of it. */
export function setLogLevel(log: Logger, level: LogLevel): void {
  log.level = level;
  for (const reference of families.get(log) ?? []) {
    const child = reference.deref();
    if (child !== undefined) child.level = level;
  }
}

function newLogger(options: LoggerOptions, onChild: (child: Logger) => void): Logger {
  const fd = options.fd ?? 1;
  const base = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, onChild };
  if (!options.pretty) {
    const sink = pino.destination({ fd, sync: true });
    return isJournal(fd) ? pino(base, new JournalLines(sink)) : pino(base, sink);
  }
  // Loaded only where people look: a service logs JSON.
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof PinoPretty;
  const stream = pretty({
    destination: fd,
    sync: true,
    translateTime: 'SYS:HH:MM:ss.l',
    messageFormat: prettyMessage,
  });
  return pino(base, stream);
}

/** By this pino knows that a stream wants to be told the level of each line, as its `lastLevel`. */
const WANTS_LEVEL: unique symbol = Symbol.for('pino.metadata');

/** Puts `<N>` before each line. */
class JournalLines {
  readonly [WANTS_LEVEL] = true;
  lastLevel = 0;
  readonly #sink: { write(text: string): unknown };

  constructor(sink: { write(text: string): unknown }) {
    this.#sink = sink;
  }

  write(line: string): void {
    this.#sink.write(`<${journalPriority(this.lastLevel)}>${line}`);
  }
}

function prettyMessage(log: Record<string, unknown>, messageKey: string): string {
  const component = log['component'];
  const message = String(log[messageKey] ?? '');
  return typeof component === 'string' ? `${component}: ${message}` : message;
}
