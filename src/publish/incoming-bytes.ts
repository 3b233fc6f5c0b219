/**
 * What a broker sends, before mqtt.js sees it: a packet that is too large ends the connection at its first bytes, and
 * acknowledgements are read here. mqtt.js takes a turn of the loop and sets a timer for each of them, which is a good part of
 * what a message of QoS 1 costs.
 */
import type { MqttClient } from 'mqtt';
import { PacketSizeGuard } from './packet-size-guard.js';

/** Gets the next bytes, which begin with a packet; returns how many of them it has taken. */
export type Take = (chunk: Buffer) => number;

export class IncomingBytes {
  readonly #guard: PacketSizeGuard;
  #take: Take | undefined;

  constructor(maxBytes: number) {
    this.#guard = new PacketSizeGuard(maxBytes);
  }

  /** Before the first byte. */
  watch({ stream }: Pick<MqttClient, 'stream'>): void {
    // The library reads its stream through a pipe.
    const listeners = stream.listeners('data') as ((chunk: Buffer) => void)[];
    for (const listener of listeners) stream.off('data', listener);
    stream.on('data', (chunk: Buffer) => {
      const taken = this.#guard.between ? (this.#take?.(chunk) ?? 0) : 0;
      if (taken === chunk.length) return;
      const rest = taken === 0 ? chunk : chunk.subarray(taken);
      // First the library: what is whole in these bytes counts.
      for (const listener of listeners) listener.call(stream, rest);
      if (!this.#guard.accept(rest)) stream.destroy(new Error('the broker sent an oversized packet'));
    });
  }

  /** From now on `take` is asked first. */
  use(take: Take): void {
    this.#take = take;
  }
}

const PUBACK = 0x40;

/**
 * Reads the acknowledgements of QoS 1 with which these bytes begin; one that is not whole, or says more than its reason, is
 * left. Returns how many bytes were read.
 */
export function readAcknowledgements(
  chunk: Buffer,
  version: '5' | '3.1.1',
  acknowledged: (id: number, code: number) => void,
): number {
  let at = 0;
  while (at + 4 <= chunk.length && chunk[at] === PUBACK) {
    const length = chunk[at + 1] as number;
    const end = at + 2 + length;
    const told = version === '5' && (length === 3 || (length === 4 && chunk[at + 5] === 0));
    if (end > chunk.length || (length !== 2 && !told)) break;
    acknowledged(chunk.readUInt16BE(at + 2), told ? (chunk[at + 4] as number) : 0);
    at = end;
  }
  return at;
}
