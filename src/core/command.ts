/** What can be asked of a running daemon from afar, over MQTT: the commands, and their answers. */
import type { ErrorData } from '../base/errors.js';

export const COMMAND_NAMES = ['ping', 'reload', 'recycle', 'snapshot', 'engines', 'camera'] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

export type CommandAnswer = { ok: true; result: Record<string, unknown> } | { ok: false; error: ErrorData };
