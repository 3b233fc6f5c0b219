/**
 * Documents that change the configuration from afar: listens for them, keeps those in force across restarts, lays them
 * over the local file on every reload, and reports what became of each. What decides about them is in models/desired-*.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { canonicalJson, type Json } from '../base/canonical-json.js';
import type { Clock, Timer } from '../base/clock.js';
import { DetectdError, type ErrorData } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { deviceId, resolveFolders } from '../config/folders.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import type { Overlay } from '../config/overlay.js';
import { shownConfig } from '../config/show.js';
import type { DesiredReport, DesiredScope } from '../core/desired-report.js';
import { DesiredBook, type InForce, SCOPES } from '../models/desired-book.js';
import type { DesiredDocument } from '../models/desired-document.js';
import { DesiredFitting } from '../models/desired-fitting.js';
import { documentName } from '../models/desired-merge.js';
import { DesiredShelf } from '../models/desired-shelf.js';
import { DesiredStore } from '../models/desired-store.js';
import { documentVerifier } from '../models/desired-verify.js';
import type { Announcer } from '../publish/announcer.js';
import { asJson } from '../publish/payload-codec.js';
import { Topics } from '../publish/topics.js';
import { reportedModels } from './reported-models.js';

export interface DesiredDeskOptions {
  env: NodeJS.ProcessEnv;
  hostname: string;
  clock: Clock;
  log: Logger;
  announcer: Pick<Announcer, 'listen' | 'reported' | 'models'>;
  /** Other documents should be in force: reload, by settle(). */
  changed: () => void;
  /** What lies over the documents, and whether anything does. */
  switches?: { readonly any: boolean; over(below: Overlay | undefined): Overlay | undefined };
  /** Default: from the disk. */
  load?: typeof loadConfig;
}

/** Puts a configuration in force; throws, and nothing has changed, where that cannot be. */
export type Apply = (loaded: LoadedConfig) => Promise<void>;

/** A stranger may publish as fast as the network goes. */
const PACE_MS = 200;
/** The wall clock may jump; until a time has come it is asked now and then. */
const LOOK_MS = 60_000;

export class DesiredDesk {
  readonly #options: DesiredDeskOptions;
  readonly #log: Logger;
  readonly #book: DesiredBook;
  readonly #inbox = new Map<DesiredScope, Buffer>();
  #shelf: DesiredShelf | undefined;
  #path = '';
  #loaded: LoadedConfig | undefined;
  /** Of what is in force, and of the file alone. */
  #digests = { whole: '', local: '' };
  #listening: { topic: string; end: () => void }[] = [];
  #pace: Timer | undefined;
  #wake: Timer | undefined;
  /** The reload that comes was asked for here; the local file has not changed. */
  #asked = false;
  #said = '';
  #closed = false;

  constructor(options: DesiredDeskOptions) {
    this.#options = options;
    this.#log = options.log.child({ component: 'desired' });
    this.#book = new DesiredBook({ id: '', tags: [], signed: false });
  }

  /**
   * Takes up what was kept; resolves to the configuration to start with, `local` being the file alone. Never throws
   * for a document's sake: one that does not fit is left out and reported.
   */
  async start(local: LoadedConfig): Promise<LoadedConfig> {
    const { config } = local;
    const folder = join(resolveFolders(config, { env: this.#options.env }).state, 'desired');
    this.#shelf = new DesiredShelf(new DesiredStore(folder), this.#log);
    this.#path = local.path;
    await this.#configure(local);
    if (!config.remote.desired) {
      await this.#shelf.clear();
      return this.#options.switches?.any === true ? this.settle(async () => {}) : local;
    }
    await this.#shelf.restore(this.#book, { device: this.#device(local), signed: config.remote.signed });
    // What was given up stays so.
    this.#asked = true;
    return this.settle(async () => {});
  }

  /**
   * Reads the local file and applies it with the documents that should be in force, or without those that do not fit.
   * Throws what is wrong with the file itself, or with what was in force already; then nothing has changed.
   */
  async settle(apply: Apply): Promise<LoadedConfig> {
    const { env, clock, switches, load = loadConfig } = this.#options;
    if (!this.#asked) this.#book.forgetUnfit();
    this.#asked = false;
    const wanted = this.#book.wanted(clock.wallMs());
    const fitting = new DesiredFitting(wanted, this.#book.inForce);
    await this.#shelf?.begin(this.#book, wanted);
    for (;;) {
      const attempt = fitting.next();
      try {
        const documents = fitting.overlay(attempt);
        const overlay = switches === undefined ? documents : switches.over(documents);
        const loaded = await load(this.#path, { env, overlay });
        await apply(loaded);
        await this.#settled(loaded, attempt, fitting.why);
        return loaded;
      } catch (thrown) {
        const error = DetectdError.from(thrown);
        if (fitting.failed(attempt, error, this.#loaded?.secrets ?? [])) continue;
        for (const [document, why] of fitting.why) this.#book.unfit(document.scope, why);
        await this.#shelf?.keep(this.#book);
        this.tell();
        throw error;
      }
    }
  }

  /** Says what is new, if anything is. */
  tell(): void {
    const loaded = this.#loaded;
    if (loaded === undefined || this.#closed) return;
    const report = loaded.config.remote.desired ? this.#report(loaded) : undefined;
    const said = JSON.stringify(report) ?? '';
    if (said === this.#said) return;
    this.#said = said;
    this.#options.announcer.reported(report);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pace?.cancel();
    this.#wake?.cancel();
    for (const { end } of this.#listening.splice(0)) end();
    await this.#shelf?.idle();
  }

  async #settled(
    loaded: LoadedConfig,
    attempt: InForce,
    why: ReadonlyMap<DesiredDocument, ErrorData>,
  ): Promise<void> {
    const before = { ...this.#book.inForce };
    const { desired } = loaded.config.remote;
    this.#book.took(desired ? attempt : {}, why);
    const now = this.#book.inForce;
    for (const scope of SCOPES) {
      const document = now[scope];
      if (document !== undefined && document !== before[scope]) this.#logTaken(document, loaded);
    }
    for (const [document, { code, message, hint }] of why)
      if (document !== now[document.scope])
        this.#log.error({ code, hint }, `${documentName(document)} is not taken: ${message}`);
    await this.#configure(loaded);
    if (desired) await this.#shelf?.keep(this.#book);
    else await this.#shelf?.clear();
    this.#look();
  }

  async #configure(loaded: LoadedConfig): Promise<void> {
    const { remote, updates, mqtt } = loaded.config;
    const id = this.#device(loaded);
    const keys = updates.keys.length > 0 && remote.desired ? updates.keys : [];
    const verify = keys.length === 0 ? undefined : await documentVerifier(keys);
    this.#loaded = loaded;
    const config = loaded.overlaid?.local ?? loaded.config;
    this.#digests = remote.desired
      ? { whole: digest(loaded), local: digest({ ...loaded, config }) }
      : { whole: '', local: '' };
    this.#shelf?.configure(id);
    if (!remote.desired) this.#book.clear();
    this.#book.configure({ id, tags: remote.tags, signed: remote.signed, verify });
    const topics = new Topics(mqtt.base, id);
    const fleet = remote.fleet_topic ?? topics.fleetDesired;
    this.#listen(remote.desired ? [fleet, topics.configDesired] : []);
  }

  /** @param topics of the fleet and of the device; where both are one, it is the fleet's */
  #listen(topics: string[]): void {
    if (this.#closed) return;
    const wanted = [...new Set(topics)];
    if (this.#listening.map(({ topic }) => topic).join('\n') === wanted.join('\n')) return;
    for (const { end } of this.#listening.splice(0)) end();
    this.#listening = wanted.map((topic, index) => {
      const scope = SCOPES[index] as DesiredScope;
      return { topic, end: this.#options.announcer.listen(topic, (payload) => this.#hear(scope, payload)) };
    });
  }

  #hear(scope: DesiredScope, payload: Buffer): void {
    if (this.#closed) return;
    // Of several the last one counts.
    this.#inbox.set(scope, payload);
    this.#pace ??= this.#options.clock.after(PACE_MS, () => void this.#read());
  }

  async #read(): Promise<void> {
    const nowMs = this.#options.clock.wallMs();
    for (const [scope, payload] of this.#inbox) {
      this.#book.receive(scope, asJson(payload), nowMs);
      const { state, version, error } = this.#book.report(scope, nowMs);
      const level = state === 'refused' ? 'warn' : 'info';
      const fields = { version, code: error?.code, hint: error?.hint };
      this.#log[level](
        fields,
        `a document for the ${scope} came: ${error?.message ?? state.replace('_', ' ')}`,
      );
    }
    this.#inbox.clear();
    await this.#shelf?.keep(this.#book);
    this.#pace = undefined;
    // Meanwhile another one may have come.
    if (this.#inbox.size > 0 && !this.#closed)
      this.#pace = this.#options.clock.after(PACE_MS, () => void this.#read());
    this.#look();
  }

  /** Whether something is to be done now, or when. */
  #look(): void {
    this.#wake?.cancel();
    this.#wake = undefined;
    this.tell();
    if (this.#closed || this.#loaded?.config.remote.desired !== true) return;
    const nowMs = this.#options.clock.wallMs();
    const nextMs = this.#book.tick(nowMs);
    if (nextMs !== undefined) {
      const delayMs = Math.max(0, Math.min(nextMs - nowMs, LOOK_MS));
      this.#wake = this.#options.clock.after(delayMs, () => this.#look(), { background: true });
    }
    if (this.#asked || !this.#book.due(nowMs)) return;
    this.#asked = true;
    this.#options.changed();
  }

  #report(loaded: LoadedConfig): DesiredReport {
    const { overlaid } = loaded;
    const nowMs = this.#options.clock.wallMs();
    const { fleet, device } = this.#book.inForce;
    const documents = {
      fleet: this.#book.report('fleet', nowMs),
      device: this.#book.report('device', nowMs),
    };
    const left = overlaid?.changes.some(({ document }) => document === 'fleet') ?? true;
    if (documents.fleet.state === 'in_force' && device !== undefined && !left)
      documents.fleet.state = 'superseded';
    return {
      local: { path: loaded.path, digest: this.#digests.local },
      documents,
      inForce: { fleet: fleet?.version, device: device?.version, digest: this.#digests.whole },
      leftOut: overlaid?.leftOut ?? [],
      models: reportedModels(loaded, this.#options.announcer.models),
    };
  }

  #logTaken(document: DesiredDocument, { overlaid }: LoadedConfig): void {
    const changes = overlaid?.changes.filter((change) => change.document === document.scope) ?? [];
    const leftOut = overlaid?.leftOut.filter((one) => one.document === document.scope) ?? [];
    this.#log.info(
      { changes: changes.length, leftOut: leftOut.map(({ path, code }) => `${path} (${code})`) },
      `${documentName(document)} is in force`,
    );
  }

  #device({ config }: LoadedConfig): string {
    return deviceId(config, this.#options.hostname);
  }
}

/** SHA-256 of what may be shown of a configuration. */
function digest(loaded: LoadedConfig): string {
  const shown = JSON.parse(JSON.stringify(shownConfig(loaded))) as Json;
  return `sha256:${createHash('sha256').update(canonicalJson(shown)).digest('hex')}`;
}
