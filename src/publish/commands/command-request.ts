/**
 * Reads what came on the topic of a command. Anybody may have written it: it is small, of a known form, and says nothing
 * else, or it is refused with the reason. Pure.
 */
import { z } from 'zod';
import { DetectdError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { COMMAND_NAMES, type Command, type CommandName } from '../../core/command.js';

export interface CommandRequest {
  command: Command;
  /** To be given back in the answer. */
  id: string | undefined;
}

export const MOST_COMMAND_BYTES = 16_384;
/** What people look at on a telephone; a picture of Full HD is then some 200 kB. */
const DEFAULT_QUALITY = 80;
const LONGEST_PROBLEM = 200;

const id = z.string().max(200).optional();
const camera = z.string().min(1).max(200);
const bare = z.strictObject({ id });
const FORMS = {
  ping: bare,
  reload: bare,
  recycle: bare,
  engines: bare,
  snapshot: z.strictObject({ id, camera, quality: z.int().min(1).max(100).default(DEFAULT_QUALITY) }),
  record: z.strictObject({ id, camera }),
  camera: z.strictObject({ id, camera, enabled: z.boolean() }),
} as const satisfies Record<CommandName, z.ZodType>;

const FIELDS: Record<CommandName, string> = {
  ping: '{}',
  reload: '{}',
  recycle: '{}',
  engines: '{}',
  snapshot: '{"camera":"NAME"}, and "quality" from 1 to 100 if wanted',
  record: '{"camera":"NAME"}',
  camera: '{"camera":"NAME","enabled":true} or false',
};

/** Whether there is such a command at all. */
export function isCommand(name: string): name is CommandName {
  return (COMMAND_NAMES as readonly string[]).includes(name);
}

/**
 * What a message on the topic of that command asks for; an empty one is `{}`. Throws COMMAND_INVALID.
 * @param decode the payload as plain data, whatever form it has; throws for what is none
 */
export function readCommand(
  name: CommandName,
  payload: Buffer,
  decode: (payload: Buffer) => unknown,
): CommandRequest {
  if (payload.byteLength > MOST_COMMAND_BYTES)
    throw invalid(name, `is larger than ${MOST_COMMAND_BYTES} bytes`);
  const read = FORMS[name].safeParse(payload.byteLength === 0 ? {} : decoded(name, payload, decode));
  if (!read.success) throw invalid(name, problemOf(read.error));
  const { id, ...fields } = read.data;
  return { command: { name, ...fields } as Command, id };
}

/** The id of a message that is no good otherwise, so that who sent it can tell which one it was. */
export function idOf(payload: Buffer, decode: (payload: Buffer) => unknown): string | undefined {
  if (payload.byteLength > MOST_COMMAND_BYTES || payload.byteLength === 0) return undefined;
  try {
    const found = id.safeParse((decode(payload) as { id?: unknown } | null)?.id);
    return found.success ? found.data : undefined;
  } catch {
    return undefined;
  }
}

function decoded(name: CommandName, payload: Buffer, decode: (payload: Buffer) => unknown): unknown {
  try {
    return decode(payload);
  } catch {
    throw invalid(name, 'is neither a JSON object nor CBOR');
  }
}

function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.join('.') ?? '';
  const what = issue?.message ?? 'has another form';
  return printable(`is not of the right form: ${path === '' ? '' : `"${path}": `}${what}`).slice(
    0,
    LONGEST_PROBLEM,
  );
}

function invalid(name: CommandName, clause: string): DetectdError {
  return new DetectdError(
    'COMMAND_INVALID',
    `The message of the command "${name}" ${clause}.`,
    `Send ${FIELDS[name]}; "id" may be added.`,
  );
}
