/**
 * Tells Home Assistant of this device: when something changes, again when Home Assistant has started, and that it is gone
 * when nobody wants it told any more. What was told is remembered across restarts, so that nothing retained is left behind.
 */
import type { Clock, Timer } from '../../base/clock.js';
import { DetectdError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { Hear } from '../broker-inbox.js';
import type { HomeAssistantFacts, Platform } from './component.js';
import { discoveryDocument, discoveryTopic } from './discovery-document.js';

/** What was told, and where. */
export interface Announced {
  topic: string;
  /** Platform of each component by its id. */
  components: Record<string, Platform>;
}

export interface HomeAssistantOptions {
  clock: Clock;
  log: Logger;
  /** Uniform in [0, 1). */
  random?: () => number;
  /** Retains that text on the topic; an empty one takes it away. */
  announce: (topic: string, text: string) => void;
  listen: (topic: string, hear: Hear) => () => void;
  memory: {
    /** Undefined where nothing is remembered. */
    read: () => Promise<Announced | undefined>;
    write: (announced: Announced | undefined) => Promise<void>;
  };
}

/** Many devices answer one birth message: not all at once, and not before Home Assistant is ready. */
const BIRTH_MS = { least: 1000, more: 9000 };
/** Of components that are gone; more have piled up only if names change all day. */
const MAX_GONE = 1000;

export class HomeAssistant {
  readonly #options: HomeAssistantOptions;
  /** What is or may still be there, components that were taken away included. */
  #announced: { topic: string; components: Map<string, Platform> } | undefined;
  #text = '';
  #birth: { topic: string; end: () => void } | undefined;
  #timer: Timer | undefined;
  #writes: Promise<void> = Promise.resolve();

  constructor(options: HomeAssistantOptions) {
    this.#options = options;
  }

  /** Finds out what an earlier run has told. Never rejects. */
  async start(): Promise<void> {
    try {
      const found = await this.#options.memory.read();
      if (found !== undefined)
        this.#announced = { topic: found.topic, components: new Map(Object.entries(found.components)) };
    } catch (error) {
      this.#warn('what Home Assistant was told before is not known', error);
    }
  }

  /** Undefined: it is to be told nothing, and to forget what it was told. */
  tell(facts: HomeAssistantFacts | undefined): void {
    if (facts === undefined) {
      this.#listen(undefined);
      this.#forget();
      return;
    }
    const topic = discoveryTopic(facts);
    if (this.#announced !== undefined && this.#announced.topic !== topic) this.#forget();
    const before = this.#announced?.components;
    const document = discoveryDocument(facts, before);
    const text = JSON.stringify(document);
    this.#listen(`${facts.prefix}/status`);
    if (text === this.#text) return;
    this.#text = text;
    this.#options.announce(topic, text);
    const entries = Object.entries(document.components).map(([id, { platform }]) => [id, platform] as const);
    this.#announced = {
      topic,
      components: new Map(entries.slice(0, entries.length > MAX_GONE ? MAX_GONE : undefined)),
    };
    // Those that are gone need not be named again by the next run.
    const present = entries.filter(([id]) => document.components[id]?.unique_id !== undefined);
    this.#remember({ topic, components: Object.fromEntries(present) });
  }

  async close(): Promise<void> {
    this.#listen(undefined);
    await this.#writes;
  }

  #forget(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#text = '';
    if (this.#announced === undefined) return;
    this.#options.announce(this.#announced.topic, '');
    this.#announced = undefined;
    this.#remember(undefined);
  }

  #listen(topic: string | undefined): void {
    if (this.#birth?.topic === topic) return;
    this.#birth?.end();
    this.#birth = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (topic === undefined) return;
    const end = this.#options.listen(topic, (payload) => {
      if (payload.toString('latin1', 0, 16).trim() === 'online') this.#onBirth();
    });
    this.#birth = { topic, end };
  }

  /** However many of them come, it is answered once. */
  #onBirth(): void {
    const { clock, random = Math.random, announce } = this.#options;
    this.#timer ??= clock.after(
      BIRTH_MS.least + random() * BIRTH_MS.more,
      () => {
        this.#timer = undefined;
        if (this.#announced !== undefined && this.#text !== '') announce(this.#announced.topic, this.#text);
      },
      { background: true },
    );
  }

  #remember(announced: Announced | undefined): void {
    this.#writes = this.#writes
      .then(() => this.#options.memory.write(announced))
      .catch((error) => this.#warn('what Home Assistant is told cannot be remembered', error));
  }

  #warn(what: string, thrown: unknown): void {
    const { code, message } = DetectdError.from(thrown);
    this.#options.log.warn({ code }, `${what}: ${message}`);
  }
}
