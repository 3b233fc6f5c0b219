/**
 * What another program prints, asked with arguments and never through a shell. It may be missing, silent for
 * ever, endless or unkillable: the answer comes within the deadline, and all it started ends with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Clock, systemClock } from './clock.js';
import { messageOf, systemCode } from './errors.js';
import { signalGroup } from './process-group.js';

export interface ProgramOptions {
  timeoutMs: number;
  /** More on standard output than this is a failure. */
  maxBytes: number;
  env?: NodeJS.ProcessEnv;
  clock?: Clock;
  /** Called when the process is gone, which may be long after the answer: some cannot be killed. */
  onGone?: () => void;
}

/** `reason` completes the sentence "PROGRAM …", as in "is not installed". */
export type ProgramAnswer = { ok: true; stdout: string } | { ok: false; reason: string };

/** How a program is asked; a test answers by itself. Never rejects. */
export type AskProgram = (program: string, args: readonly string[]) => Promise<ProgramAnswer>;

/** Never rejects. Messages are not translated. */
export function programOutput(
  program: string,
  args: readonly string[],
  { timeoutMs, maxBytes, env = process.env, clock = systemClock, onGone }: ProgramOptions,
): Promise<ProgramAnswer> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      // A group of its own, so that nothing it started is left behind or keeps the pipe open.
      detached: true,
      env: { ...env, LC_ALL: 'C.UTF-8' },
    });
    const parts: Buffer[] = [];
    let bytes = 0;
    const abandon = (): void => endGroup(child);
    process.once('exit', abandon);
    const settle = (answer: ProgramAnswer): void => {
      timer.cancel();
      process.off('exit', abandon);
      resolve(answer);
    };
    const fail = (reason: string): void => {
      abandon();
      settle({ ok: false, reason });
    };
    const timer = clock.after(timeoutMs, () => fail(`did not answer in ${timeoutMs} ms`));
    child.stdout.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > maxBytes) fail(`printed more than ${maxBytes} bytes`);
      else parts.push(part);
    });
    child.on('exit', () => onGone?.());
    child.on('error', (error) => {
      if (child.pid === undefined) onGone?.();
      settle({
        ok: false,
        reason: systemCode(error) === 'ENOENT' ? 'is not installed' : `cannot be run: ${messageOf(error)}`,
      });
    });
    child.on('close', (code, signal) => {
      if (code === 0) settle({ ok: true, stdout: Buffer.concat(parts).toString('utf8') });
      else settle({ ok: false, reason: `ended with ${signal ?? `status ${code}`}` });
    });
  });
}

/** A process that waits for a driver cannot be killed; it is let go rather than waited for. */
function endGroup(child: ChildProcess): void {
  child.stdout?.destroy();
  child.unref();
  signalGroup(child.pid, 'SIGKILL');
}
