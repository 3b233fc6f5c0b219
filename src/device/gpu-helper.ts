/**
 * Asks detectd-gpumem.socket, behind which systemd runs one command as root: who holds GPU memory on a Jetson. Nothing
 * is sent; the answer ends with the connection. There may be no such unit, or something else behind the path.
 */
import { connect } from 'node:net';
import { type Clock, systemClock } from '../base/clock.js';
import { messageOf, systemCode } from '../base/errors.js';
import type { ProgramAnswer } from '../base/program-output.js';

/** As systemd/detectd-gpumem.socket has it. */
export const GPU_HELPER_SOCKET = '/run/detectd-gpumem.sock';

export interface HelperOptions {
  path?: string;
  timeoutMs?: number;
  /** A longer answer is none. */
  maxBytes?: number;
  clock?: Clock;
}

/** `reason` completes the sentence "the helper unit …". */
export type AskHelper = () => Promise<ProgramAnswer>;

/** systemd starts the command within tens of milliseconds; a board that is busy takes longer. */
const TIMEOUT_MS = 3_000;
/** The unit prints at most 4096 lines of two numbers. */
const MAX_BYTES = 256 * 1024;

const REASONS: Record<string, string> = {
  ENOENT: 'is not installed',
  ECONNREFUSED: 'is not running',
  EACCES: 'may not be asked by this user',
  EPERM: 'may not be asked by this user',
};

/** Never rejects. */
export function askGpuHelper({
  path = GPU_HELPER_SOCKET,
  timeoutMs = TIMEOUT_MS,
  maxBytes = MAX_BYTES,
  clock = systemClock,
}: HelperOptions = {}): Promise<ProgramAnswer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const socket = connect({ path });
    const settle = (answer: ProgramAnswer): void => {
      timer.cancel();
      socket.destroy();
      resolve(answer);
    };
    const timer = clock.after(timeoutMs, () =>
      settle({ ok: false, reason: `did not answer in ${timeoutMs} ms` }),
    );
    socket.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > maxBytes) settle({ ok: false, reason: `answered with more than ${maxBytes} bytes` });
      else parts.push(part);
    });
    socket.on('end', () => settle({ ok: true, stdout: Buffer.concat(parts).toString('latin1') }));
    socket.on('error', (error) =>
      settle({ ok: false, reason: REASONS[systemCode(error) ?? ''] ?? `failed: ${messageOf(error)}` }),
    );
  });
}
