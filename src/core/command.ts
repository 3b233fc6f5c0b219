/** What can be asked of a running daemon from afar, over MQTT: the commands, and their answers. */
import type { ErrorData } from '../base/errors.js';

export const COMMAND_NAMES = [
  'ping',
  'reload',
  'recycle',
  'snapshot',
  'record',
  'engines',
  'camera',
] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

export type Command =
  | { name: 'ping' | 'reload' | 'recycle' | 'engines' }
  /** `quality` of the JPEG, 1 to 100. */
  | { name: 'snapshot'; camera: string; quality: number }
  | { name: 'record'; camera: string }
  | { name: 'camera'; camera: string; enabled: boolean };

export type CommandAnswer = { ok: true; result: Record<string, unknown> } | { ok: false; error: ErrorData };
