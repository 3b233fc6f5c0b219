/**
 * What the daemon tells systemd: ready, reloading, stopping, one status line, watchdog pings. The
 * sd-notify addon speaks from this very process; where it did not build, the systemd-notify command is
 * run instead, one at a time. Outside systemd nothing is sent. No fault in here reaches the daemon.
 */
import { spawn } from 'node:child_process';
import type { Clock, Timer } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { RepeatedFault } from '../base/repeated-fault.js';

/** The part of the npm package sd-notify that is used: one datagram with newline-joined KEY=VALUE. */
export interface SdNotifyAddon {
  sendState(state: string): void;
}

/** The npm package systemd-notify: runs the command of that name with --ready or --status. */
export type SystemdNotifyCommand = (options: { ready?: boolean; status?: string }) => Promise<unknown>;

/** How the two ways out are reached; tests give their own. */
export interface NotifyLoader {
  addon(): Promise<SdNotifyAddon>;
  command(): Promise<SystemdNotifyCommand>;
  /** Runs `systemd-notify` with raw assignments (the npm package cannot send these). */
  raw(assignments: readonly string[]): Promise<void>;
}

export interface SystemdNotifierOptions {
  env: NodeJS.ProcessEnv;
  log: Logger;
  clock: Clock;
  load?: NotifyLoader;
  /** Our process id; only tests give another. */
  pid?: number;
}

export type NotifyTransport = 'addon' | 'command' | 'none';

/** Longest status line in characters; systemctl shows one line, and a datagram is not a log. */
const MAX_STATUS = 200;
/** A systemd-notify that takes longer is given up on: it waits for systemd, and systemd may be busy. */
const COMMAND_DEADLINE_MS = 5_000;

type Message =
  | { kind: 'ready' | 'stopping' | 'watchdog' }
  | { kind: 'status'; text: string }
  | { kind: 'reloading'; monotonicUs: number }
  | { kind: 'extend'; us: number };

export class SystemdNotifier {
  readonly #options: SystemdNotifierOptions;
  readonly #faults: RepeatedFault;
  #transport: NotifyTransport = 'none';
  #send: (message: Message) => void = () => undefined;
  #command: SystemdNotifyCommand | undefined;
  #lastStatus: string | undefined;
  // At most one message per kind waits, the newest: a slow systemd cannot make a queue grow.
  readonly #waiting = new Map<Message['kind'], Message>();
  #sending: Promise<void> | undefined;

  constructor(options: SystemdNotifierOptions) {
    this.#options = options;
    this.#faults = new RepeatedFault({
      clock: options.clock,
      report: (_key, detail, count) =>
        options.log.warn({ count, reason: messageOf(detail) }, 'systemd could not be notified'),
    });
  }

  /** Which way messages go; known after start(). */
  get transport(): NotifyTransport {
    return this.#transport;
  }

  /** Milliseconds between two watchdog pings (half of what systemd allows); undefined: no watchdog. */
  get watchdogIntervalMs(): number | undefined {
    return watchdogIntervalMs(this.#options.env, this.#options.pid ?? process.pid);
  }

  /** Finds the way to systemd. Never throws: without one, all messages are dropped. */
  async start(): Promise<void> {
    const { env, log, load = systemLoader } = this.#options;
    const socket = env['NOTIFY_SOCKET'];
    if (socket === undefined || socket === '') return;
    if (!/^[/@]./.test(socket)) {
      log.warn(
        { socket: socket.slice(0, 108) },
        'NOTIFY_SOCKET is no socket address, systemd is not notified',
      );
      return;
    }
    try {
      const addon = await load.addon();
      this.#send = (message) => this.#guarded(() => addon.sendState(assignmentsOf(message).join('\n')));
      this.#transport = 'addon';
      return;
    } catch (error) {
      log.info(
        { reason: messageOf(error) },
        'sd-notify is not usable, the systemd-notify command is run instead',
      );
    }
    try {
      this.#command = await load.command();
      this.#send = (message) => this.#enqueue(message);
      this.#transport = 'command';
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'systemd cannot be notified');
    }
  }

  /** Start-up, or a reload, is complete. */
  ready(): void {
    this.#send({ kind: 'ready' });
  }

  /** A reload begins; ready() ends it. */
  reloading(): void {
    this.#send({ kind: 'reloading', monotonicUs: this.#options.clock.monotonicUs() });
  }

  stopping(): void {
    this.#send({ kind: 'stopping' });
  }

  /** The line that `systemctl status` shows. The same line again is not sent. */
  status(text: string): void {
    const line = statusLine(text);
    if (line === this.#lastStatus) return;
    this.#lastStatus = line;
    this.#send({ kind: 'status', text: line });
  }

  watchdog(): void {
    this.#send({ kind: 'watchdog' });
  }

  /** Asks for `us` microseconds more to start or stop, from now on; repeat before they are over. */
  extendTimeout(us: number): void {
    if (!Number.isFinite(us) || us <= 0) return;
    this.#send({ kind: 'extend', us: Math.round(us) });
  }

  /** Waits until what was said has left this process, at most a few seconds. */
  async close(): Promise<void> {
    await this.#sending;
  }

  #guarded(act: () => void): void {
    try {
      act();
      this.#faults.cured('send');
    } catch (error) {
      this.#faults.note('send', error);
    }
  }

  #enqueue(message: Message): void {
    // Deleted first, so that the newest message also takes the last place.
    this.#waiting.delete(message.kind);
    this.#waiting.set(message.kind, message);
    this.#sending ??= this.#drain();
  }

  async #drain(): Promise<void> {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      try {
        await this.#withinDeadline(this.#run(next));
        this.#faults.cured('send');
      } catch (error) {
        this.#faults.note('send', error);
      }
    }
    this.#sending = undefined;
  }

  #take(): Message | undefined {
    const first = this.#waiting.entries().next();
    if (first.done) return undefined;
    this.#waiting.delete(first.value[0]);
    return first.value[1];
  }

  async #run(message: Message): Promise<void> {
    const { load = systemLoader } = this.#options;
    if (message.kind === 'ready') await this.#command?.({ ready: true });
    else if (message.kind === 'status') await this.#command?.({ status: message.text });
    else await load.raw(assignmentsOf(message));
  }

  #withinDeadline(work: Promise<void>): Promise<void> {
    let timer: Timer | undefined;
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = this.#options.clock.after(COMMAND_DEADLINE_MS, () =>
        reject(new Error(`systemd-notify did not end within ${COMMAND_DEADLINE_MS} ms`)),
      );
    });
    return Promise.race([work, deadline]).finally(() => timer?.cancel());
  }
}

/** The lines of sd_notify(3) for one message. */
function assignmentsOf(message: Message): string[] {
  switch (message.kind) {
    case 'ready':
      return ['READY=1'];
    case 'stopping':
      return ['STOPPING=1'];
    case 'watchdog':
      return ['WATCHDOG=1'];
    case 'status':
      return [`STATUS=${message.text}`];
    case 'reloading':
      return ['RELOADING=1', `MONOTONIC_USEC=${message.monotonicUs}`];
    case 'extend':
      return [`EXTEND_TIMEOUT_USEC=${message.us}`];
  }
}

/** Any text as one bounded line: a newline in it would start another assignment. */
export function statusLine(text: string): string {
  // Cut before the clean-up too, so that a megabyte of text costs no more than a line.
  const line = text
    .slice(0, 4 * MAX_STATUS)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  const characters = [...line];
  return characters.length <= MAX_STATUS ? line : `${characters.slice(0, MAX_STATUS - 1).join('')}…`;
}

/** Half of WATCHDOG_USEC in ms, when the watchdog is meant for process `pid` (sd_watchdog_enabled(3)). */
export function watchdogIntervalMs(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const owner = env['WATCHDOG_PID'];
  if (owner !== undefined && owner !== String(pid)) return undefined;
  const text = env['WATCHDOG_USEC'] ?? '';
  if (!/^\d{1,15}$/.test(text)) return undefined;
  const half = Math.floor(Number(text) / 2000);
  // Timers count to 2^31 - 1 ms; a longer watchdog is served well by a shorter interval.
  return half >= 1 ? Math.min(half, 2 ** 31 - 1) : undefined;
}

/** `env` for a child process: without what is meant for the daemon alone, such as the right to speak to systemd for it. */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NOTIFY_SOCKET: _socket, WATCHDOG_USEC: _usec, WATCHDOG_PID: _pid, ...others } = env;
  // The unit sets it for a process with little to do beside its main thread.
  const { MALLOC_ARENA_MAX: _pools, MALLOC_MMAP_THRESHOLD_: _large, ...rest } = others;
  return rest;
}

/** The two npm packages, and the command itself. */
export const systemLoader: NotifyLoader = {
  // The names are widened to string: both packages are without types, and one may be absent.
  addon: async () => ((await import('sd-notify' as string)) as { default: SdNotifyAddon }).default,
  command: async () =>
    ((await import('systemd-notify' as string)) as { default: SystemdNotifyCommand }).default,
  raw: (assignments) =>
    new Promise((resolve, reject) => {
      const child = spawn('systemd-notify', [`--pid=${process.pid}`, ...assignments], {
        stdio: 'ignore',
        timeout: COMMAND_DEADLINE_MS,
      });
      child.once('error', reject);
      child.once('close', (status) =>
        status === 0 ? resolve() : reject(new Error(`systemd-notify ended with ${status}`)),
      );
    }),
};
