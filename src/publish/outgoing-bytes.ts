/**
 * The messages that are sent in one turn of the loop, given to the system as one piece: a piece for each of them is most of
 * what it costs to send many.
 */
import type { PacketMold } from './packet-mold.js';

/** Does not wait for the end of the turn. */
const MOST_BYTES = 256 * 1024;

export class OutgoingBytes {
  readonly #write: (piece: Buffer) => void;
  #molds: PacketMold[] = [];
  #payloads: (string | Buffer)[] = [];
  #ids: number[] = [];
  #sizes: number[] = [];
  #bytes = 0;
  #waiting = false;

  constructor(write: (piece: Buffer) => void) {
    this.#write = write;
  }

  /** Not written yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param id number of the packet, only of QoS 1: 1 to 65535 */
  add(mold: PacketMold, payload: string | Buffer, id = 0): void {
    const size = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
    this.#molds.push(mold);
    this.#payloads.push(payload);
    this.#ids.push(id);
    this.#sizes.push(size);
    this.#bytes += mold.bytesAround(size) + size;
    if (this.#bytes >= MOST_BYTES) this.flush();
    else if (!this.#waiting) {
      this.#waiting = true;
      setImmediate(() => {
        this.#waiting = false;
        this.flush();
      });
    }
  }

  /** Writes what waits. */
  flush(): void {
    if (this.#bytes === 0) return;
    const piece = Buffer.allocUnsafe(this.#bytes);
    const [molds, payloads, ids, sizes] = [this.#molds, this.#payloads, this.#ids, this.#sizes];
    let at = 0;
    for (let index = 0; index < molds.length; index += 1)
      at = (molds[index] as PacketMold).write(
        piece,
        at,
        payloads[index] as string | Buffer,
        sizes[index] as number,
        ids[index],
      );
    this.clear();
    this.#write(piece);
  }

  /** Nobody takes it any more. */
  clear(): void {
    [this.#molds, this.#payloads, this.#ids, this.#sizes] = [[], [], [], []];
    this.#bytes = 0;
  }
}
