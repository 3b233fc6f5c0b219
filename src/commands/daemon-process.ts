/**
 * A daemon started by a command as a process of its own: its log is read for what it says about itself, its
 * memory from /proc, and its end, however it comes, is waited for.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES, type ErrorCode } from '../base/error-codes.js';
import { DetectdError } from '../base/errors.js';
import { childEnvironment } from '../health/sd-notify.js';
import type { WorkerUsage } from '../ipc/protocol.js';

/** What both processes have used so far, and for how many frames. */
export interface UsageSample {
  worker: WorkerUsage;
  /** CPU time of the supervising process. */
  cpuMs: number;
  frames: number;
}

/** A line of the daemon's log, with whatever else it says. */
export interface LogLine {
  msg?: unknown;
  [key: string]: unknown;
}

export interface DaemonProcessOptions {
  /** Arguments of the program. */
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Aborted, it ends the daemon. */
  signal: AbortSignal;
  /** Each line of its log. */
  onLog?: (line: LogLine) => void;
}

const SAMPLE_MS = 200;
/** A daemon ends within five seconds of SIGTERM. */
const KILL_MS = 8000;
const STDERR_TAIL = 4096;
const CLI = fileURLToPath(new URL('../cli.js', import.meta.url));

export class DaemonProcess {
  readonly #options: DaemonProcessOptions;
  /** Largest resident set of each process so far. */
  readonly rssMb = { supervisor: 0, worker: 0 };
  #child: ChildProcess | undefined;
  #workerPid: number | undefined;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(options: DaemonProcessOptions) {
    this.#options = options;
  }

  /** Starts the daemon and waits for its end. Throws what it ended with, or the reason of the signal. */
  async run(): Promise<void> {
    const { args, env, signal } = this.#options;
    signal.throwIfAborted();
    const child = spawn(process.execPath, [CLI, ...args], {
      env: childEnvironment(env),
      // The channel carries nothing: its end tells the daemon that nobody waits for it any more.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A terminal's signals would reach it twice, and the second one means impatience.
      detached: true,
    });
    this.#child = child;
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_TAIL);
    });
    createInterface({ input: child.stdout as Readable }).on('line', (line) => this.#onLine(line));
    const stop = (): void => this.stop();
    signal.addEventListener('abort', stop);
    const sampling = setInterval(() => void this.#sampleMemory(), SAMPLE_MS);
    try {
      const status = await ended(child);
      signal.throwIfAborted();
      if (status !== 0) throw endError(status, stderr);
    } finally {
      signal.removeEventListener('abort', stop);
      clearInterval(sampling);
      clearTimeout(this.#killTimer);
    }
  }

  /** Asks it to end; kills it when it does not. */
  stop(): void {
    if (this.#killTimer !== undefined) return;
    this.#child?.kill('SIGTERM');
    this.#killTimer = setTimeout(() => this.#child?.kill('SIGKILL'), KILL_MS);
  }

  #onLine(line: string): void {
    const entry = parse(line);
    const { msg, pid, usage } = entry;
    if (msg === 'worker started' && typeof pid === 'number') this.#workerPid = pid;
    if (msg === 'stopped') this.#note(usage as { worker?: WorkerUsage; rssBytes: number });
    this.#options.onLog?.(entry);
  }

  #note({ worker, rssBytes }: { worker?: WorkerUsage; rssBytes: number }): void {
    this.rssMb.supervisor = Math.max(this.rssMb.supervisor, rssBytes / 2 ** 20);
    this.rssMb.worker = Math.max(this.rssMb.worker, (worker?.rssBytes ?? 0) / 2 ** 20);
  }

  async #sampleMemory(): Promise<void> {
    this.rssMb.supervisor = Math.max(this.rssMb.supervisor, await residentMb(this.#child?.pid));
    this.rssMb.worker = Math.max(this.rssMb.worker, await residentMb(this.#workerPid));
  }
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

/** Empty for a line of a native library. */
function parse(line: string): LogLine {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as LogLine) : {};
  } catch {
    return {};
  }
}

async function residentMb(pid: number | undefined): Promise<number> {
  if (pid === undefined) return 0;
  try {
    const text = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024;
  } catch {
    // It has just ended.
    return 0;
  }
}

/** The daemon's own last error, read back from its form in a terminal, with the places of its problems. */
export function endError(status: number | null, stderr: string): DetectdError {
  const said = [...stderr.matchAll(/^([A-Z_]+): (.+(?:\n.+:\d+:\d+: .+)*)\n(?: {2}(.+)\n)?/gm)].at(-1);
  const [, code = '', message = '', hint] = said ?? [];
  if (code in ERROR_CODES) return new DetectdError(code as ErrorCode, message, hint);
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return new DetectdError('WORKER_CRASHED', `The daemon ended with exit status ${status}: ${last}`);
}
