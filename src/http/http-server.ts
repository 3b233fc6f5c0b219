/**
 * Metrics and health for programs, over HTTP. A port that is taken is no reason not to detect: the service is degraded
 * with what to set, and tries again by itself.
 */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Clock, Timer } from '../base/clock.js';
import { messageOf, systemCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { RepeatedFault } from '../base/repeated-fault.js';
import { HEALTHY, type Health, type Service } from '../core/service.js';
import { within } from '../device/fact.js';
import type { ApplicationOptions, ConnectionLimits } from './application.js';

export interface HttpServerOptions extends Pick<ApplicationOptions, 'host' | 'metrics' | 'health'> {
  /** 0 takes a free one. */
  port: number;
  clock: Clock;
  log: Logger;
  /** For tests: smaller or faster than by default. */
  limits?: Partial<ConnectionLimits>;
}

/** A port that is taken is tried again this often, and told of this often. */
const RETRY_MS = 30_000;
const TELL_AGAIN_MS = 3_600_000;
/** Looking up the name of a host can take long; nobody waits longer for it, at the start or at the end. */
const OPENING_MS = 1000;

export class HttpServer implements Service {
  readonly name = 'http';
  readonly #options: HttpServerOptions;
  readonly #faults: RepeatedFault;
  #app: FastifyInstance | undefined;
  #opening: Promise<void> | undefined;
  #retry: Timer | undefined;
  #fault = 'not listening yet';
  #closed = false;

  constructor(options: HttpServerOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.#faults = new RepeatedFault({
      clock,
      intervalMs: TELL_AGAIN_MS,
      report: (fault, detail, count) => log.warn({ reason: messageOf(detail), count }, fault),
    });
  }

  /** As in `http://127.0.0.1:9847`; undefined while it does not listen. */
  get address(): string | undefined {
    const address = this.#app?.server.address() as AddressInfo | null | undefined;
    if (!address) return undefined;
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}`;
  }

  /** Listens, or is degraded and tries again. Never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#closed || this.#opening) return;
    this.#opening = this.#open();
    await this.#opened();
  }

  health(): Health {
    return this.#app ? HEALTHY : { state: 'degraded', reason: this.#fault };
  }

  /** Ends every connection at once. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    await this.#opened();
    const app = this.#app;
    this.#app = undefined;
    this.#fault = 'closed';
    await app?.close();
  }

  async #opened(): Promise<void> {
    if (this.#opening) await within(OPENING_MS, this.#options.clock, this.#opening, () => undefined);
  }

  async #open(): Promise<void> {
    const { host, port, clock, log, limits } = this.#options;
    let app: FastifyInstance | undefined;
    try {
      const { application, CONNECTION_LIMITS } = await import('./application.js');
      app = application({
        ...this.#options,
        limits: { ...CONNECTION_LIMITS, ...limits },
        onFault: (fault, detail) => this.#faults.note(fault, detail),
      });
      await app.listen({ host, port });
    } catch (error) {
      await app?.close();
      this.#fault = listenFault(error, host, port);
      if (this.#closed) return;
      this.#faults.note('metrics are not served', this.#fault);
      this.#retry = clock.after(
        RETRY_MS,
        () => {
          this.#opening = this.#open();
        },
        { background: true },
      );
      return;
    }
    // The end came while the name was looked up.
    if (this.#closed) return app.close();
    this.#app = app;
    this.#faults.cured('metrics are not served');
    log.info({ address: this.address }, 'metrics are served');
  }
}

/** Why it does not listen, and what to set. */
function listenFault(error: unknown, host: string, port: number): string {
  const code = systemCode(error);
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return `${where} is taken; set http.port to another one, or http.enabled to false`;
    case 'EACCES':
      return `${where} is not allowed; set http.port above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `"${host}" is no address of this machine now; set http.host to one, as 127.0.0.1`;
    default:
      return `cannot listen on ${where} (${code ?? messageOf(error)}); set http.host and http.port`;
  }
}
