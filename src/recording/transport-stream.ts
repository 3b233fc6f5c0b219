/**
 * Looks into a piece of an MPEG transport stream with one video: where a decoder can begin, what it needs to know before
 * that, and how long the piece is. Packets are looked at one by one and never copied; a torn end is left out. Pure.
 */

export interface StreamFacts {
  /** Bytes of whole packets; what is behind them is damaged or torn. */
  length: number;
  /** Where the first picture begins that needs no other; undefined where there is none. */
  keyAt: number | undefined;
  /** The tables that say what the stream is, to be put before it where it begins in the middle. */
  tables: Uint8Array;
  /** Times in the stream, in units of 90 kHz: of the first and last picture, and of the picture at keyAt. */
  firstTime: number | undefined;
  lastTime: number | undefined;
  keyTime: number | undefined;
  /** Of the whole piece, and from keyAt on. */
  pictures: number;
  picturesFromKey: number;
}

export const PACKET_BYTES = 188;
const SYNC = 0x47;
/** Of the tables that name all others, and those that name the streams. */
const PROGRAMS_ID = 0;
const STREAMS_TABLE = 2;
/** Times have 33 bits and begin anew after 26.5 hours. */
const TIME_RANGE = 2 ** 33;
const PER_S = 90_000;

export function scanStream(bytes: Uint8Array): StreamFacts {
  const facts: StreamFacts = {
    ...{ length: 0, keyAt: undefined, tables: new Uint8Array(0) },
    ...{ firstTime: undefined, lastTime: undefined, keyTime: undefined },
    ...{ pictures: 0, picturesFromKey: 0 },
  };
  let programs: number | undefined;
  let streams: number | undefined;
  let at = 0;
  for (; at + PACKET_BYTES <= bytes.length && bytes[at] === SYNC; at += PACKET_BYTES) {
    const flags = byte(bytes, at + 1);
    if ((flags & 0x40) === 0) continue;
    const start = payloadAt(bytes, at);
    if (start >= at + PACKET_BYTES) continue;
    const id = ((flags & 0x1f) << 8) | byte(bytes, at + 2);
    if (id === PROGRAMS_ID) {
      if (programs === undefined || facts.keyAt === undefined) programs = at;
    } else if (isPicture(bytes, start)) {
      notePicture(facts, bytes, at, start);
    } else if (byte(bytes, start) === 0 && byte(bytes, start + 1) === STREAMS_TABLE) {
      if (streams === undefined || facts.keyAt === undefined) streams = at;
    }
  }
  facts.length = at;
  const packets = [programs, streams].flatMap((place) =>
    place === undefined ? [] : [bytes.subarray(place, place + PACKET_BYTES)],
  );
  return { ...facts, tables: Buffer.concat(packets) };
}

/** Seconds from one time in the stream to a later one; negative when it is earlier. */
export function secondsBetween(earlier: number, later: number): number {
  const ticks = (later - earlier + TIME_RANGE) % TIME_RANGE;
  return (ticks > TIME_RANGE / 2 ? ticks - TIME_RANGE : ticks) / PER_S;
}

function notePicture(facts: StreamFacts, bytes: Uint8Array, at: number, start: number): void {
  const time = timeOf(bytes, start);
  facts.pictures += 1;
  if (facts.keyAt === undefined && beginsAnew(bytes, at)) {
    facts.keyAt = at;
    facts.keyTime = time;
  }
  if (facts.keyAt !== undefined) facts.picturesFromKey += 1;
  if (time === undefined) return;
  facts.firstTime ??= time;
  // Pictures that refer to later ones come behind them.
  if (facts.lastTime === undefined || secondsBetween(facts.lastTime, time) > 0) facts.lastTime = time;
}

/** Where what the packet carries begins; its end where it carries nothing. */
function payloadAt(bytes: Uint8Array, at: number): number {
  const control = byte(bytes, at + 3);
  if ((control & 0x10) === 0) return at + PACKET_BYTES;
  return (control & 0x20) === 0 ? at + 4 : at + 5 + byte(bytes, at + 4);
}

/** A decoder may begin with this packet. */
function beginsAnew(bytes: Uint8Array, at: number): boolean {
  const extended = (byte(bytes, at + 3) & 0x20) !== 0 && byte(bytes, at + 4) > 0;
  return extended && (byte(bytes, at + 5) & 0x40) !== 0;
}

function isPicture(bytes: Uint8Array, start: number): boolean {
  const prefix = byte(bytes, start) === 0 && byte(bytes, start + 1) === 0 && byte(bytes, start + 2) === 1;
  return prefix && (byte(bytes, start + 3) & 0xf0) === 0xe0;
}

function timeOf(bytes: Uint8Array, start: number): number | undefined {
  if ((byte(bytes, start + 7) & 0x80) === 0) return undefined;
  const at = start + 9;
  const high = (byte(bytes, at) >> 1) & 0x07;
  const middle = (byte(bytes, at + 1) << 7) | (byte(bytes, at + 2) >> 1);
  const low = (byte(bytes, at + 3) << 7) | (byte(bytes, at + 4) >> 1);
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
