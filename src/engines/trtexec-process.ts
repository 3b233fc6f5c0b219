/**
 * One run of trtexec: in a process group of its own, behind everything else in line for CPU and disk, and the first
 * to go when memory runs out. It can hang in the driver, flood its output or be unkillable: the end comes anyway.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import type { Clock } from '../base/clock.js';
import { DetectdError, messageOf } from '../base/errors.js';
import { LineSplitter } from '../base/line-splitter.js';
import { signalGroup } from '../base/process-group.js';
import { sameVersion, type TensorrtVersion } from './tensorrt-version.js';
import type { TrtexecEnd } from './trtexec-failure.js';
import { TrtexecOutput } from './trtexec-output.js';

/** Of util-linux, which flock is of too. */
const SETPRIV = '/usr/bin/setpriv';
/** The kernel derives the priority for disks from it: 7, the last of the ordinary ones. */
const NICE = 15;
/** Of 1000: a board that runs out of memory should lose the build and not the detection. */
const OOM_SCORE = '800';
/** Longer lines are model text or nonsense. */
const MAX_LINE = 2000;

export interface TrtexecLimits {
  /** Without a line of output; large models build for many minutes without one. */
  silenceMs: number;
  totalMs: number;
  /** From asking it to end until it is killed, and again until it is given up. */
  stopMs: number;
  /** As stopMs where the build is cancelled: shorter than whoever cancels waits, who would leave it behind. */
  cancelMs: number;
}

export const TRTEXEC_LIMITS: TrtexecLimits = {
  silenceMs: 1_800_000,
  totalMs: 10_800_000,
  stopMs: 5000,
  cancelMs: 500,
};

export interface TrtexecRun {
  /** Path of trtexec. */
  program: string;
  args: readonly string[];
  /** Where it runs. */
  folder: string;
  /** Of the library: one of another version is stopped at its first line. */
  version: TensorrtVersion;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  limits: TrtexecLimits;
  signal: AbortSignal | undefined;
  /** Open file that it shares, so that a lock holds for as long as it lives. */
  lockFd?: number | undefined;
  /** Called for each line on standard output. */
  onOutput: (output: TrtexecOutput) => void;
}

/** Resolves when it has ended, however. Rejects with PROVIDER_UNAVAILABLE when it cannot be started. */
export function runTrtexec(run: TrtexecRun): Promise<{ end: TrtexecEnd; output: TrtexecOutput }> {
  const { program, args, folder, version, env, clock, limits, signal, lockFd, onOutput } = run;
  return new Promise((resolve, reject) => {
    const output = new TrtexecOutput();
    let cause: TrtexecEnd['cause'] = 'itself';
    const [command, ...rest] = guarded(program, args);
    const child = spawn(command, rest, {
      cwd: folder,
      env: { ...env, LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe', ...(lockFd === undefined ? [] : [lockFd])],
      detached: true,
    });
    const { pid } = child;
    if (pid !== undefined) makeModest(pid);

    const onExit = (): void => void signalGroup(pid, 'SIGKILL');
    const stop = (why: TrtexecEnd['cause']): void => {
      if (cause !== 'itself') return;
      cause = why;
      signalGroup(pid, 'SIGTERM');
      last.cancel();
      const patienceMs = why === 'cancelled' ? limits.cancelMs : limits.stopMs;
      last = clock.after(patienceMs, () => {
        signalGroup(pid, 'SIGKILL');
        // A process that waits for the driver cannot be killed; it is let go rather than waited for.
        last = clock.after(patienceMs, () => {
          letGo(child);
          settle(null, 'SIGKILL');
        });
      });
    };
    const onAbort = (): void => stop('cancelled');
    let silence = clock.after(limits.silenceMs, () => stop('silent'));
    let last = clock.after(limits.totalMs, () => stop('overdue'));
    const cleanUp = (): void => {
      silence.cancel();
      last.cancel();
      signal?.removeEventListener('abort', onAbort);
      process.off('exit', onExit);
    };
    const settle = (code: number | null, how: NodeJS.Signals | null): void => {
      cleanUp();
      resolve({ end: { code, signal: how, cause }, output });
    };

    const heard = (): void => {
      silence.cancel();
      silence = clock.after(limits.silenceMs, () => stop('silent'));
      if (output.version !== undefined && !sameVersion(output.version.slice(0, 2), version))
        stop('other version');
    };
    // Line by line: a phase may begin and end within one piece of output.
    const stdout = new LineSplitter(MAX_LINE, (line) => {
      output.stdout(line);
      onOutput(output);
    });
    const stderr = new LineSplitter(MAX_LINE, (line) => output.stderr(line));
    for (const [stream, lines] of [
      [child.stdout, stdout],
      [child.stderr, stderr],
    ] as const) {
      stream?.on('data', (piece: Buffer) => {
        lines.push(piece);
        heard();
      });
      stream?.on('end', () => lines.end());
    }

    process.once('exit', onExit);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    child.once('error', (error) => {
      if (pid !== undefined) return;
      cleanUp();
      reject(
        new DetectdError(
          'PROVIDER_UNAVAILABLE',
          `trtexec cannot be run: ${messageOf(error)}.`,
          'Install the package libnvinfer-bin of JetPack, or set provider: cuda or cpu.',
          { cause: error },
        ),
      );
    });
    // What it started must not keep its pipes, and so this run, open.
    child.once('exit', onExit);
    child.once('close', settle);
  });
}

/**
 * So that the kernel ends it when this process is killed: it may be silent for many minutes, in which neither a broken
 * pipe nor we could. Where it cannot be run it is started as it is, for an error that says so.
 */
function guarded(program: string, args: readonly string[]): [string, ...string[]] {
  try {
    accessSync(SETPRIV, constants.X_OK);
    accessSync(program, constants.X_OK);
    return [SETPRIV, '--pdeathsig', 'KILL', program, ...args];
  } catch {
    return [program, ...args];
  }
}

/** Threads inherit both from the one that starts them, so this comes before there are any. */
function makeModest(pid: number): void {
  try {
    setPriority(pid, NICE);
  } catch {
    // It has ended already, or runs behind an even lower priority.
  }
  writeFile(`/proc/${pid}/oom_score_adj`, OOM_SCORE).catch(() => {});
}

function letGo(child: ChildProcess): void {
  child.removeAllListeners('close');
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}
