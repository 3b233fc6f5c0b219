/** Types of bad-server.mjs, for tests. */
import type { ServerOptions } from 'node:https';

export interface Behaviour {
  status?: number;
  headers?: Record<string, string>;
  redirect?: string;
  silent?: boolean;
  garbage?: boolean;
  ignoresRanges?: boolean;
  range?: (start: number, end: number, size: number) => string | undefined;
  skew?: number;
  validator?: 'strong' | 'weak' | false;
  length?: number | 'none' | 'chunked';
  cutAt?: number;
  stallAt?: number;
  flip?: number;
  extra?: number;
  endless?: boolean;
  becomes?: Buffer;
}

export class BadServer {
  constructor(
    content: Buffer,
    options?: { behaviours?: Behaviour[]; minisig?: string | undefined; tls?: ServerOptions },
  );
  readonly requests: {
    url: string;
    range: string | undefined;
    ifRange: string | undefined;
    authorization: string | undefined;
  }[];
  behaviours: Behaviour[];
  content: Buffer;
  minisig: string | undefined;
  readonly url: string;
  start(): Promise<this>;
  close(): Promise<void>;
}
