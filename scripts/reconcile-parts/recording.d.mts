/** Types of recording.mjs, for its test. */
import type { Received } from './ledger.mjs';
export function recordedMessage(line: string): Received | undefined;
