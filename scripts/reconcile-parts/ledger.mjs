/**
 * The books of all devices, filled by messages as they come, in any order and from anybody: by device, start and stream.
 * Everything in it is bounded; what does not fit is counted, and a result with it is no proof.
 */
import { decode } from 'cbor-x/decode';
import { StreamBook } from './stream-book.mjs';

/** Starts of devices and their streams, together. */
const MOST_BOOKS = 200_000;
const MOST_SAMPLES = 5;

export class Ledger {
  #base;
  #fromStart;
  /** By device, then by boot_id: `{ streams: Map, fromStart, unknown }`. */
  #devices = new Map();
  #books = 0;
  counts = { messages: 0, without_number: 0, invalid: 0, beyond_bounds: 0 };
  /** The first messages that are none. */
  samples = [];

  constructor({ base = 'detectd', fromStart = false } = {}) {
    this.#base = base.replace(/\/+$/, '');
    this.#fromStart = fromStart;
  }

  /**
   * One message as it was received; `payload` is what travelled, of either form. `second`: from another subscription, which
   * counts only where the first one missed it.
   */
  take({ topic, payload, qos, retain = false, second = false }) {
    this.counts.messages += 1;
    const place = this.#place(topic);
    if (place === undefined || retain) {
      this.counts.without_number += 1;
      return;
    }
    const read = payloadOf(payload);
    const { seq, boot_id: bootId } = read ?? {};
    if (!isNumber(seq) || typeof bootId !== 'string' || bootId === '' || bootId.length > 200) {
      this.#invalid(topic, read === undefined ? 'is neither JSON nor CBOR' : 'has no seq or boot_id');
      return;
    }
    if (read.device !== place.device) {
      this.#invalid(topic, `says that it is of ${JSON.stringify(read.device)?.slice(0, 80)}`);
      return;
    }
    const boots = this.#devices.get(place.device) ?? new Map();
    const boot = this.#boot(boots, bootId);
    const book = boot && this.#book(boot, place.stream);
    if (book === undefined) {
      this.counts.beyond_bounds += 1;
      return;
    }
    this.#devices.set(place.device, boots);
    if (second && book.has(seq)) return;
    // Events are stored whatever the subscriber asked for; detections only where they come with QoS 1.
    if (qos > 0 || place.stream.endsWith('events')) book.stored = true;
    book.take(seq, read);
    if (place.stream === 'events') this.#event(boots, boot, seq, read);
  }

  /** A stream went up to `last`, by the word of somebody else than its device. */
  endsWith({ device, boot: bootId, stream, last }) {
    const boots = this.#devices.get(device) ?? new Map();
    this.#devices.set(device, boots);
    const boot = this.#boot(boots, bootId);
    const book = boot && this.#book(boot, stream);
    if (book === undefined) this.counts.beyond_bounds += 1;
    else book.endsWith(last);
  }

  #event(boots, boot, seq, event) {
    if (event.type === 'started' && seq === 0) this.#countFromStart(boot);
    // Of `started`, and of `outbox` where the store could be opened only later.
    for (const [bootId, streams] of endsOf(event.previous)) {
      // One of which nothing was ever heard ended before anybody listened.
      const earlier = boots.get(bootId) ?? (this.#fromStart ? this.#boot(boots, bootId) : undefined);
      if (earlier === undefined) continue;
      for (const [stream, last] of streams) {
        const known =
          earlier.streams.get(stream) ?? (earlier.fromStart ? this.#book(earlier, stream) : undefined);
        known?.endsWith(last);
      }
    }
    if (event.type === 'lost') this.#lost(boots, boot, event);
  }

  #lost(boots, boot, event) {
    // `boot_id` of the message itself is that of who tells.
    const { stream, boot_id: bootId, from_seq: first, to_seq: last, cause, count } = event.lost ?? {};
    if (cause === 'power-cut' && typeof bootId === 'string' && bootId !== '') {
      this.#cutOff(boots, bootId, stream, first);
      return;
    }
    if (!isNumber(first) || !isNumber(last) || typeof stream !== 'string' || typeof bootId !== 'string') {
      // Of a damaged store nobody knows which ones they were: some of earlier starts, or so many of any.
      if (isNumber(count)) boot.unknownCount += count;
      else for (const each of boots.values()) if (each !== boot) each.unknown = true;
      return;
    }
    if (last < first || !STREAM.test(stream)) return;
    const earlier = this.#boot(boots, bootId);
    const book = earlier && this.#book(earlier, stream);
    if (book === undefined) this.counts.beyond_bounds += 1;
    else
      book.lose(
        first,
        last,
        String(cause).slice(0, 40),
        isNumber(count) || count === null ? count : undefined,
      );
  }

  /** What a start wrote last may be gone with the power: of a stream from a number on, or of those that are not named. */
  #cutOff(boots, bootId, stream, first) {
    // One of which nothing was ever heard ended before anybody listened.
    const earlier = boots.get(bootId);
    if (earlier === undefined) return;
    if (typeof stream !== 'string') earlier.cutOff = true;
    else if (STREAM.test(stream) && isNumber(first)) {
      const book = earlier.streams.get(stream);
      if (book !== undefined) book.cutOff(first);
    }
  }

  /** `{ device, stream }` of a topic that carries numbers, otherwise undefined. */
  #place(topic) {
    if (!topic.startsWith(`${this.#base}/`)) return undefined;
    const rest = topic.slice(this.#base.length + 1);
    const slash = rest.indexOf('/');
    const [device, stream] = [rest.slice(0, slash), rest.slice(slash + 1)];
    if (slash < 1 || !STREAM.test(stream)) return undefined;
    return { device, stream };
  }

  #boot(boots, bootId) {
    let boot = boots.get(bootId);
    if (boot === undefined) {
      if (!this.#room()) return undefined;
      boot = {
        ...{ streams: new Map(), fromStart: this.#fromStart },
        ...{ unknown: false, unknownCount: 0, cutOff: false },
      };
      boots.set(bootId, boot);
    }
    return boot;
  }

  #book(boot, stream) {
    let book = boot.streams.get(stream);
    if (book === undefined) {
      if (!this.#room()) return undefined;
      book = new StreamBook();
      if (boot.fromStart) book.fromStart();
      boot.streams.set(stream, book);
    }
    return book;
  }

  #room() {
    if (this.#books >= MOST_BOOKS) return false;
    this.#books += 1;
    return true;
  }

  #countFromStart(boot) {
    boot.fromStart = true;
    for (const book of boot.streams.values()) book.fromStart();
  }

  #invalid(topic, why) {
    this.counts.invalid += 1;
    if (this.samples.length < MOST_SAMPLES) this.samples.push(`${topic.slice(0, 200)} ${why}`);
  }

  /** `qos0`: what was sent with QoS 0 must have come, too. */
  report({ qos0 = false } = {}) {
    const rows = [...this.#devices].flatMap(([device, boots]) => rowsOf(device, boots, qos0));
    const total = (key) => rows.reduce((sum, row) => sum + row[key], 0);
    const totals = Object.fromEntries(SUMS.map((key) => [key, total(key)]));
    const scattered = rows.filter((row) => row.too_scattered).length;
    const wrong = totals.unaccounted + totals.conflicts + scattered + this.counts.beyond_bounds;
    // Of a wrong base topic, or of a broker that lets nobody listen, nothing is heard.
    const proven = rows.length > 0 && wrong === 0;
    return {
      proven,
      devices: this.#devices.size,
      totals,
      counts: this.counts,
      invalid: this.samples,
      streams: rows,
    };
  }
}

function rowsOf(device, boots, qos0) {
  let excused = [...boots.values()].reduce((sum, { unknownCount }) => sum + unknownCount, 0);
  return [...boots].flatMap(([bootId, { streams, unknown, cutOff }]) =>
    [...streams].map(([stream, book]) => {
      if (cutOff && !book.isCutOff) book.cutOff(0);
      const row = { device, boot_id: bootId, stream, ...book.report(), missing: 0 };
      // Nobody promised more than to try.
      const to = row.stored || qos0 ? 'excused' : 'missing';
      const part = to === 'missing' || unknown ? row.unaccounted : Math.min(row.unaccounted, excused);
      if (to === 'excused' && !unknown) excused -= part;
      row[to] += part;
      row.unaccounted -= part;
      return row;
    }),
  );
}

/** Those that are listened to; a device has others where it speaks in other forms, too. */
const STREAM = /^(events|cameras\/[^/]+\/(events|detections))$/;

const SUMS = [
  'sent',
  'received',
  'duplicated',
  'duplicates_unverified',
  'conflicts',
  'late',
  'out_of_order',
  'lost',
  'lost_but_received',
  'excused',
  'missing',
  'unaccounted',
];

function isNumber(value) {
  return Number.isSafeInteger(value) && value >= 0;
}

/** What ended where, by the word of a `started` event: pairs of boot_id and pairs of stream and last number. */
function endsOf(previous) {
  if (!Array.isArray(previous)) return [];
  return previous
    .filter(
      (each) =>
        typeof each?.boot_id === 'string' && each.streams !== null && typeof each.streams === 'object',
    )
    .map(({ boot_id: bootId, streams }) => [
      bootId,
      Object.entries(streams).filter(([stream, last]) => STREAM.test(stream) && isNumber(last)),
    ]);
}

/** An object from JSON text or CBOR; undefined for anything else. */
export function payloadOf(payload) {
  try {
    const text = typeof payload === 'string' || payload[0] === 0x7b;
    const value = text ? JSON.parse(payload) : decode(payload);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
