/** The answer to a command as it travels. Pure. */
import type { CommandAnswer } from '../../core/command.js';
import { SCHEMA_VERSION, timestamp } from '../payloads.js';
import type { CommandReplyPayload } from '../schemas/command-schema.js';

export interface ReplySource {
  device: string;
  bootId: string;
  nowWallMs: number;
  command: string;
  id: string | undefined;
  answer: CommandAnswer;
}

export function commandReplyPayload(source: ReplySource): CommandReplyPayload {
  const { device, bootId, nowWallMs, command, id, answer } = source;
  return {
    schema: SCHEMA_VERSION,
    device,
    boot_id: bootId,
    ts: timestamp(nowWallMs),
    command,
    ...(id === undefined ? {} : { id }),
    ...(answer.ok ? { ok: true, result: answer.result } : { ok: false, error: answer.error }),
  };
}
