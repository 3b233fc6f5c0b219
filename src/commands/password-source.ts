/**
 * Where the password of a signing key comes from: a file, or whoever sits at the terminal. Never an argument or a
 * variable of the environment, which others on the machine can see.
 */
import { readBoundedFile } from '../base/bounded-file.js';
import { DetectdError, messageOf } from '../base/errors.js';
import { Interrupted } from './interruption.js';

/** Standard input, as far as it matters here. */
export interface PasswordInput {
  isTTY?: boolean | undefined;
  setRawMode?(raw: boolean): unknown;
  resume(): unknown;
  pause(): unknown;
  on(event: 'data' | 'end', listener: (chunk: Buffer) => void): unknown;
  off(event: 'data' | 'end', listener: (chunk: Buffer) => void): unknown;
}

export interface PasswordQuestion {
  /** From --password-file; the variable MINISIGN_PASSWORD_FILE otherwise. */
  file: string | undefined;
  env: NodeJS.ProcessEnv;
  /** Where to ask. */
  err: (text: string) => void;
  /** Asked twice, and empty ones are refused: for one that is new. */
  fresh: boolean;
  input?: PasswordInput;
}

const MAX_PASSWORD_BYTES = 1024;
const CTRL_C = 3;
const CTRL_U = 21;
/** Ctrl-D, line feed and carriage return. */
const ENTER = new Set([4, 10, 13]);
/** Backspace, as one and the other terminal send it. */
const ERASE = new Set([8, 127]);
const FILE_VARIABLE = 'MINISIGN_PASSWORD_FILE';

/** Throws KEY_INVALID where there is neither a file nor a terminal, and Interrupted at Ctrl-C. */
export async function readPassword(question: PasswordQuestion): Promise<string> {
  const { env, err, fresh, input = process.stdin } = question;
  const file = question.file ?? (env[FILE_VARIABLE] || undefined);
  if (file !== undefined) return passwordOf(file);
  if (input.isTTY !== true || input.setRawMode === undefined)
    throw invalid(
      'The key wants a password, and there is no terminal to ask for it.',
      `Put it into a file that you alone can read, and name that with --password-file or in ${FILE_VARIABLE}.`,
    );
  const password = await ask('Password: ', input, err);
  if (!fresh) return password;
  if (password === '') throw invalid('The password is empty.', 'Give one, or --no-password.');
  if ((await ask('The same again: ', input, err)) !== password)
    throw invalid('The two passwords differ.', 'Try again.');
  return password;
}

/** The first line; editors end it with a line break. */
async function passwordOf(file: string): Promise<string> {
  let text: string;
  try {
    text = (await readBoundedFile(file, MAX_PASSWORD_BYTES)).toString('utf8');
  } catch (error) {
    throw new DetectdError(
      'KEY_INVALID',
      `The password file ${file} cannot be read: ${messageOf(error)}.`,
      'Check the path; it must hold the password in one line.',
      { cause: error },
    );
  }
  const password = text.replace(/\r?\n$/, '');
  if (password === '' || /[\r\n]/.test(password))
    throw invalid(
      `The password file ${file} is not one line.`,
      'It must hold the password and nothing else.',
    );
  return password;
}

/** Nothing of what is typed appears. */
async function ask(prompt: string, input: PasswordInput, err: (text: string) => void): Promise<string> {
  err(prompt);
  input.setRawMode?.(true);
  try {
    return await typedLine(input);
  } finally {
    input.setRawMode?.(false);
    input.pause();
    err('\n');
  }
}

function typedLine(input: PasswordInput): Promise<string> {
  return new Promise((resolve, reject) => {
    const bytes: number[] = [];
    const end = (settle: () => void): void => {
      input.off('data', onData);
      input.off('end', onEnd);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      for (const byte of chunk) {
        if (byte === CTRL_C) {
          end(() => reject(new Interrupted('SIGINT', 130)));
          return;
        }
        if (ENTER.has(byte)) {
          end(() => resolve(Buffer.from(bytes).toString('utf8')));
          return;
        }
        if (ERASE.has(byte)) dropCharacter(bytes);
        else if (byte === CTRL_U) bytes.length = 0;
        else if (bytes.length < MAX_PASSWORD_BYTES) bytes.push(byte);
      }
    };
    const onEnd = (): void => end(() => reject(invalid('The terminal went away.', 'Try again.')));
    input.on('data', onData);
    input.on('end', onEnd);
    input.resume();
  });
}

/** A character may be several bytes. */
function dropCharacter(bytes: number[]): void {
  while (bytes.length > 0 && ((bytes.at(-1) as number) & 0xc0) === 0x80) bytes.pop();
  bytes.pop();
}

function invalid(message: string, hint: string): DetectdError {
  return new DetectdError('KEY_INVALID', message, hint);
}
