/**
 * Which messages end the connection to a broker. Some brokers close it instead of refusing what is too large for them, or
 * what a rule of theirs forbids: such a message would be sent again and again, and nothing behind it ever. What was under
 * way at two ends is tried alone; what was alone under way at several ends, on connections that served others before, is
 * given up. Ends that have another cause meet different messages, and make none of them lost. Nothing is kept on a disk.
 */
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import { reasonCode } from './broker-connection.js';

/** In place of a reason code: the broker refuses by closing the connection. */
export const CLOSES = 0x100;
export const TOO_LARGE = 149;

/** What is sent. Names are those of the sender. */
export interface Sent {
  name: string;
  topic: string;
  /** Of the payload. */
  bytes: number;
}

interface Case {
  /** Ends of connections on which it was alone under way … */
  ends: number;
  /** … where the broker had acknowledged others before. */
  proven: number;
  /** How long the last end took. */
  afterMs: number;
  bytes: number;
}

interface Verdict {
  untilUs: number;
  code: number;
}

/** Of one topic, and larger than all that the broker has acknowledged. */
interface Ceiling {
  bytes: number;
  name: string;
  /** Two messages were too large: others need not be tried. */
  sure: boolean;
  untilUs: number;
}

const ENOUGH = 4;
/** For what is as large as something that was too large. */
const ENOUGH_LARGE = 2;
/** Later than this it ended for another reason. */
const SOON_MS = 10_000;
const DWELL_MS = 1000;
const MAX_DWELL_MS = 30_000;
/** Then it is tried again: somebody may have changed the broker. */
const VERDICT_US = 3600 * 1e6;
const MAX_NAMES = 1024;

export class Suspects {
  readonly #clock: Pick<Clock, 'monotonicUs'>;
  /** Under way at the end before: their sizes. */
  #before: ReadonlyMap<string, number> = new Map();
  readonly #cases = new Map<string, Case>();
  readonly #verdicts = new Map<string, Verdict>();
  readonly #ceilings = new Map<string, Ceiling>();
  /** The broker has said that this is too large. */
  #limit: { bytes: number; topicBytes: number; untilUs: number } | undefined;
  /** Of the payloads that it has acknowledged. */
  #largest = 0;
  #advanced = false;

  constructor(clock: Pick<Clock, 'monotonicUs'>) {
    this.#clock = clock;
  }

  /** To be sent alone. */
  has({ name, topic, bytes }: Sent): boolean {
    if (this.#cases.has(name)) return true;
    const ceiling = this.#ceilings.get(topic);
    return ceiling !== undefined && bytes >= ceiling.bytes && bytes > this.#largest;
  }

  /** How many connections it has ended, alone. */
  endsOf(name: string): number {
    return this.#cases.get(name)?.ends ?? 0;
  }

  /** For how long the connection has to serve others before this is sent on it, in ms. */
  dwellMs({ name, topic, bytes }: Sent): number {
    const known = this.#cases.get(name);
    if (known === undefined || known.ends === 0) return 0;
    // A broker that is known for it.
    if (this.#ceilings.get(topic)?.sure && bytes > this.#largest) return 0;
    return Math.min(MAX_DWELL_MS, DWELL_MS + 10 * known.afterMs);
  }

  /** Why it is not sent; undefined: it is. */
  verdict({ name, topic, bytes }: Sent): number | undefined {
    if (this.tooLarge(topic, bytes)) return TOO_LARGE;
    const verdict = this.#verdicts.get(name);
    if (verdict === undefined || verdict.untilUs > this.#nowUs) return verdict?.code;
    this.#verdicts.delete(name);
    return undefined;
  }

  tooLarge(topic: string, bytes: number): boolean {
    const limit = this.#limit;
    if (limit !== undefined && bytes >= limit.bytes) {
      if (limit.untilUs <= this.#nowUs) this.#limit = undefined;
      else if (bytes + Buffer.byteLength(topic) >= limit.bytes + limit.topicBytes) return true;
    }
    const ceiling = this.#ceilings.get(topic);
    if (ceiling === undefined || bytes < ceiling.bytes) return false;
    if (ceiling.untilUs <= this.#nowUs) this.#ceilings.delete(topic);
    return ceiling.sure && ceiling.untilUs > this.#nowUs;
  }

  /** The broker has answered, be it with a refusal. */
  answered({ name, topic, bytes }: Sent, error?: DetectdError): void {
    if (this.#cases.size > 0) this.#cases.delete(name);
    if (error === undefined) {
      if (bytes <= this.#largest) return;
      this.#largest = bytes;
      for (const [each, ceiling] of this.#ceilings) if (ceiling.bytes <= bytes) this.#ceilings.delete(each);
    } else if (
      reasonCode(error.cause) === TOO_LARGE &&
      bytes < (this.#limit?.bytes ?? Number.POSITIVE_INFINITY)
    )
      this.#limit = { bytes, topicBytes: Buffer.byteLength(topic), untilUs: this.#nowUs + VERDICT_US };
  }

  /** The connection has ended with these under way. */
  ended(underWay: Iterable<Sent>): void {
    const now = new Map<string, number>();
    for (const { name, bytes } of underWay) {
      now.set(name, bytes);
      const before = this.#before.get(name);
      if (before === undefined || this.#cases.has(name)) continue;
      keep(this.#cases, name, { ends: 0, proven: 0, afterMs: 0, bytes: Math.min(before, bytes) });
      this.#advanced = true;
    }
    this.#before = now;
  }

  /** … with this one alone, so long after it was sent. @param served the broker had acknowledged others on it before */
  endedAlone(sent: Sent, afterMs: number, served: boolean): void {
    if (afterMs > SOON_MS) return;
    const { name, bytes } = sent;
    const before = this.#cases.get(name);
    const known = {
      ends: (before?.ends ?? 0) + 1,
      proven: (before?.proven ?? 0) + (served ? 1 : 0),
      afterMs,
      bytes: Math.min(bytes, before?.bytes ?? bytes),
    };
    keep(this.#cases, name, known);
    this.#advanced = served;
    const large = known.bytes > this.#largest;
    if (known.proven < (large && this.#ceilings.size > 0 ? ENOUGH_LARGE : ENOUGH)) return;
    this.#cases.delete(name);
    this.#convict(sent, large ? TOO_LARGE : CLOSES);
    if (large) this.#lowerCeiling(sent, known.bytes);
  }

  /** Whether the last end told something that it had not told before. Asked once. */
  takeAdvance(): boolean {
    const advanced = this.#advanced;
    this.#advanced = false;
    return advanced;
  }

  get #nowUs(): number {
    return this.#clock.monotonicUs();
  }

  #convict({ name }: Sent, code: number): void {
    keep(this.#verdicts, name, { code, untilUs: this.#nowUs + VERDICT_US });
  }

  #lowerCeiling({ name, topic }: Sent, bytes: number): void {
    const before = this.#ceilings.get(topic);
    keep(this.#ceilings, topic, {
      bytes: Math.min(bytes, before?.bytes ?? bytes),
      name,
      sure: before !== undefined && (before.sure || before.name !== name),
      untilUs: this.#nowUs + VERDICT_US,
    });
  }
}

/** Sets it; the oldest goes where there are too many. */
function keep<T>(map: Map<string, T>, name: string, value: T): void {
  const oldest = map.keys().next().value;
  if (!map.has(name) && map.size >= MAX_NAMES && oldest !== undefined) map.delete(oldest);
  map.set(name, value);
}

/** These say why the broker, or somebody, ended it, which was no message. MQTT 5 section 3.14.2.1. */
const OTHER_REASONS = new Set([136, 137, 138, 139, 140, 141, 142, 152, 156, 157, 159, 160]);

/** Whether a message may have been the reason. */
export function mayBlameMessage({ code, cause }: DetectdError): boolean {
  if (code !== 'MQTT_UNREACHABLE' && code !== 'MQTT_REFUSED') return false;
  const reason = reasonCode(cause);
  return reason === undefined || !OTHER_REASONS.has(reason);
}

/** As if the broker had refused it. */
export function closesError({ topic, bytes }: Sent, display: string, code: number): DetectdError {
  const why = code === TOO_LARGE ? 'is sent a message so large' : 'is sent this message';
  return new DetectdError(
    'MQTT_REFUSED',
    `The MQTT broker ${display} closes the connection when it ${why} (topic ${topic}, ${bytes} bytes).`,
    'Look into its log, and at its limits of size and its access rules; it is tried again after an hour.',
    { cause: { code } },
  );
}
