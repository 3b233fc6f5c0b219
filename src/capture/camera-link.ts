/**
 * One short connection to a camera, for questions before GStreamer opens it. Whoever is there may be silent, slow, endless
 * or something else: each answer has its time and its size, and the connection ends with the question.
 */
import { connect, type Socket } from 'node:net';
import { rootCertificates, connect as secureConnect } from 'node:tls';
import { readBoundedFile } from '../base/bounded-file.js';
import type { Clock } from '../base/clock.js';
import type { CameraAddress } from './camera-address.js';
import { readServerReply, type ServerReply } from './server-reply.js';
import type { StreamRefusal } from './stream-refusal.js';

export interface LinkOptions {
  clock: Clock;
  /** When aborted the question is over; it rejects. */
  signal: AbortSignal;
  connectMs?: number;
  /** From a request to the last byte of its answer. */
  answerMs?: number;
}

/** What Node does not trust by itself, but GStreamer does: the authorities of this system. */
const SYSTEM_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
const MOST_AUTHORITY_BYTES = 4 * 1024 * 1024;
const CONNECT_MS = 3000;
const ANSWER_MS = 3000;

export class CameraLink {
  readonly #socket: Socket;
  readonly #refusal: StreamRefusal;
  readonly #options: LinkOptions;
  #broken: unknown;

  private constructor(socket: Socket, refusal: StreamRefusal, options: LinkOptions) {
    this.#socket = socket;
    this.#refusal = refusal;
    this.#options = options;
    socket.on('error', (error) => {
      this.#broken = error;
    });
  }

  /** Connects, asks by `questions`, and lets go whatever comes of it. Rejects with the refusal that says why. */
  static async ask<T>(
    address: CameraAddress,
    refusal: StreamRefusal,
    options: LinkOptions,
    questions: (link: CameraLink) => Promise<T>,
  ): Promise<T> {
    const authorities = address.encrypted ? await systemAuthorities() : undefined;
    options.signal.throwIfAborted();
    const to = { host: address.host, port: address.port };
    const socket =
      authorities === undefined
        ? connect(to)
        : secureConnect({ ...to, ca: authorities, ...serverName(address.host) });
    const link = new CameraLink(socket, refusal, options);
    const give = (): void => {
      socket.destroy();
    };
    options.signal.addEventListener('abort', give, { once: true });
    try {
      await link.#connected(address.encrypted ? 'secureConnect' : 'connect');
      return await questions(link);
    } finally {
      options.signal.removeEventListener('abort', give);
      socket.destroy();
    }
  }

  /**
   * Sends a request; its answer, to the end or the end of its head.
   * @param patience how many times the usual time it may take
   */
  async request(
    text: string,
    protocol: string,
    { headOnly = false, patience = 1 }: { headOnly?: boolean; patience?: number } = {},
  ): Promise<ServerReply> {
    const answerMs = (this.#options.answerMs ?? ANSWER_MS) * patience;
    const socket = this.#socket;
    socket.write(text);
    return this.#within(answerMs, this.#refusal.silence(answerMs), (settle, fail) => {
      let bytes: Buffer = Buffer.alloc(0);
      const onData = (part: Buffer): void => {
        bytes = Buffer.concat([bytes, part]);
        const reply = readServerReply(bytes, protocol, headOnly);
        if (reply === 'foreign') fail(this.#refusal.foreign(protocol));
        else if (reply !== 'more') settle(reply);
      };
      socket.on('data', onData);
      return () => socket.off('data', onData);
    });
  }

  async #connected(event: 'connect' | 'secureConnect'): Promise<void> {
    const { connectMs = CONNECT_MS } = this.#options;
    await this.#within(connectMs, this.#refusal.noConnection(connectMs), (settle) => {
      const done = (): void => settle(undefined);
      this.#socket.once(event, done);
      return () => this.#socket.off(event, done);
    });
  }

  #within<T>(
    ms: number,
    late: Error,
    listen: (settle: (value: T) => void, fail: (error: unknown) => void) => () => void,
  ): Promise<T> {
    const socket = this.#socket;
    return new Promise<T>((resolve, reject) => {
      const over = (): void => {
        timer.cancel();
        unlisten();
        socket.off('close', onClose);
      };
      const settle = (value: T): void => {
        over();
        resolve(value);
      };
      const fail = (error: unknown): void => {
        over();
        reject(error);
      };
      const onClose = (): void => {
        if (this.#options.signal.aborted) fail(this.#options.signal.reason);
        else fail(this.#broken === undefined ? this.#refusal.closed() : this.#refusal.network(this.#broken));
      };
      const timer = this.#options.clock.after(ms, () => fail(late));
      const unlisten = listen(settle, fail);
      if (socket.destroyed) onClose();
      else socket.once('close', onClose);
    });
  }
}

/** A name tells a server which of its certificates is wanted; an address must not be sent as one. */
function serverName(host: string): { servername?: string } {
  return /^[\d.]+$|:/.test(host) ? {} : { servername: host };
}

let authorities: Promise<string[]> | undefined;

function systemAuthorities(): Promise<string[]> {
  authorities ??= readBoundedFile(SYSTEM_AUTHORITIES, MOST_AUTHORITY_BYTES).then(
    (text) => [...rootCertificates, text.toString('latin1')],
    () => [...rootCertificates],
  );
  return authorities;
}
