/**
 * Everything about metrics that the daemon needs to know: it is told frames, reports and models, and serves, writes or
 * ignores them as the configuration says. Where nobody wants metrics nothing of theirs is loaded.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { HttpConfig } from '../config/schema.js';
import type { FrameResult } from '../core/frame-result.js';
import type { HealthReport } from '../core/health-report.js';
import type { Service } from '../core/service.js';
import type { HealthAnswer } from '../http/application.js';
import { HttpServer } from '../http/http-server.js';
import type { MetricsBook } from '../http/metrics-book.js';
import { Textfile } from '../http/textfile.js';
import type { ModelReport } from '../ipc/protocol.js';

export interface MetricsDeskOptions {
  version: string;
  bootId: string;
  clock: Clock;
  log: Logger;
  /** Asked with each request; its reasons are free of secrets. */
  health: () => HealthAnswer;
}

type Served = Pick<HttpConfig, 'enabled' | 'host' | 'port'>;

export class MetricsDesk {
  readonly #options: MetricsDeskOptions;
  readonly #ending = new AbortController();
  #book: MetricsBook | undefined;
  #server: HttpServer | undefined;
  #textfile: Textfile | undefined;
  #now: HttpConfig | undefined;
  #report: HealthReport | undefined;
  #models: readonly ModelReport[] = [];
  #changes: Promise<void> = Promise.resolve();

  constructor(options: MetricsDeskOptions) {
    this.#options = options;
  }

  /** Serves and writes as `http` says from now on; what does not change goes on. Never rejects. */
  configure(http: HttpConfig): Promise<void> {
    this.#changes = this.#changes
      .then(() => this.#configure(http))
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'there will be no metrics'));
    return this.#changes;
  }

  /** An analysed frame; `publishMs` is what passed from its decoded result to its message. */
  frame(result: FrameResult, publishMs: number): void {
    this.#book?.frame(result, publishMs);
  }

  report(report: HealthReport): void {
    this.#report = report;
    this.#book?.report(report);
  }

  models(models: readonly ModelReport[]): void {
    this.#models = models;
    this.#book?.models(models);
  }

  /** Where it listens; undefined when it does not. */
  get address(): string | undefined {
    return this.#server?.address;
  }

  /** The parts that have a health of their own. */
  services(): Service[] {
    return [this.#server, this.#textfile].filter((service) => service !== undefined);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#changes;
    await Promise.all([this.#server?.close(), this.#textfile?.close()]);
    this.#server = undefined;
    this.#textfile = undefined;
  }

  async #configure(http: HttpConfig): Promise<void> {
    const before = this.#now;
    this.#now = http;
    const wanted = http.enabled || http.textfile !== undefined;
    if (wanted) await this.#openBook();
    if (!isDeepStrictEqual(before && served(before), served(http))) await this.#serve(http);
    if (before?.textfile !== http.textfile) await this.#write(http.textfile);
    if (!wanted) this.#book = undefined;
  }

  async #openBook(): Promise<void> {
    if (this.#book !== undefined) return;
    const { version, bootId, health } = this.#options;
    const { MetricsBook } = await import('../http/metrics-book.js');
    const book = new MetricsBook({ version, bootId, ready: () => health().ready });
    book.models(this.#models);
    if (this.#report !== undefined) book.report(this.#report);
    this.#book = book;
  }

  async #serve(http: HttpConfig): Promise<void> {
    const before = this.#server;
    this.#server = undefined;
    await before?.close();
    const { signal } = this.#ending;
    if (!http.enabled || signal.aborted) return;
    const { clock, log, health } = this.#options;
    const { host, port } = http;
    const server = new HttpServer({
      host,
      port,
      clock,
      log: log.child({ component: 'http' }),
      metrics: () => this.#metrics(),
      health,
    });
    this.#server = server;
    await server.start(signal);
  }

  async #write(path: string | undefined): Promise<void> {
    const before = this.#textfile;
    this.#textfile = undefined;
    await before?.close();
    const { signal } = this.#ending;
    if (path === undefined || signal.aborted) return;
    const { clock, log } = this.#options;
    const textfile = new Textfile({
      path,
      text: async () => (await this.#metrics()).text,
      clock,
      log: log.child({ component: 'textfile' }),
    });
    this.#textfile = textfile;
    await textfile.start(signal);
  }

  async #metrics(): Promise<{ text: string; contentType: string }> {
    const book = this.#book;
    return book === undefined
      ? { text: '', contentType: 'text/plain' }
      : { text: await book.text(), contentType: book.contentType };
  }
}

function served({ enabled, host, port }: HttpConfig): Served | { enabled: false } {
  return enabled ? { enabled, host, port } : { enabled };
}
