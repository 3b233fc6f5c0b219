/**
 * The one error class of detectd: a stable code, one sentence on what is wrong, one on what to do.
 * It crosses process boundaries as plain data, so a worker's fault reads the same in the terminal.
 */
import { ERROR_CODES, type ErrorCode } from './error-codes.js';

/** Plain form of a DetectdError, safe to send over IPC or to print as JSON. */
export interface ErrorData {
  code: ErrorCode;
  message: string;
  hint?: string;
}

export class DetectdError extends Error {
  readonly code: ErrorCode;
  /** One sentence on what to do about it. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, hint?: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'DetectdError';
    this.code = code;
    this.hint = hint;
  }

  get exitStatus(): number {
    return ERROR_CODES[this.code].exit;
  }

  toData(): ErrorData {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
    };
  }

  static fromData(data: ErrorData): DetectdError {
    return new DetectdError(
      Object.hasOwn(ERROR_CODES, data.code) ? data.code : 'INTERNAL',
      data.message,
      data.hint,
    );
  }

  /** Any thrown value as a DetectdError; what is not one already becomes `fallback`. */
  static from(thrown: unknown, fallback: ErrorCode = 'INTERNAL', hint?: string): DetectdError {
    if (thrown instanceof DetectdError) return thrown;
    return new DetectdError(fallback, messageOf(thrown), hint, { cause: thrown });
  }
}

/** The message of any thrown value. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node system error (ENOENT, EACCES, …), if it has one. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
