/**
 * Follows the packet boundaries of an incoming MQTT stream, so that a peer that announces an enormous
 * packet is cut off at its first bytes: the parsers of both libraries would buffer 256 MB of it.
 */
export class PacketSizeGuard {
  readonly #maxBytes: number;
  /** Bytes of the current packet's body that are still to come. */
  #body = 0;
  /** Bytes of the current packet's header that have come: the type, then up to four of the length. */
  #header = 0;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The next byte is the first of a packet. */
  get between(): boolean {
    return this.#body === 0 && this.#header === 0;
  }

  /** Takes the next bytes; false as soon as a packet is too large or its length is malformed. */
  accept(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#body > 0) {
        const step = Math.min(this.#body, chunk.length - at);
        this.#body -= step;
        at += step;
        continue;
      }
      const byte = chunk[at] as number;
      at += 1;
      if (this.#header > 0) {
        this.#length += (byte & 0x7f) * 128 ** (this.#header - 1);
        if (this.#length > this.#maxBytes) return false;
        if (byte < 0x80) {
          this.#body = this.#length;
          this.#header = 0;
          this.#length = 0;
          continue;
        }
        if (this.#header === 4) return false;
      }
      this.#header += 1;
    }
    return true;
  }
}
