/**
 * A look at the packets of a stream as they come from the network, for their numbers: what is lost on the way leaves gaps.
 * At rest its sink keeps the newest packet alone; while it looks, all that follow, so that none is missing between
 * them. (The statistics of GStreamer's elements say the same, but each reading of them leaks a kilobyte in the binding.)
 */
import type { Source } from '../core/source.js';
import type { ElementSet } from './elements.js';
import type { GstAppSink } from './gst-binding.js';

export const PACKET_SINK_NAME = 'detectd_packets';
const TEE_NAME = 'detectd_arriving';

/** Packets per look: enough to see a twentieth of them missing after a few looks. */
export const PACKETS_PER_LOOK = 24;
/** More than come in the time that a look takes. */
const ROOM = 2000;
/** The number of a packet of RTP is in its third and fourth byte. */
const NUMBER_AT = 2;

/** Where packets of this source leave for the tap, with the link to what follows; nothing where none is lost. */
export function packetTee(source: Source, elements: ElementSet): string {
  return packetBranch(source, elements) === undefined ? '' : `tee name=${TEE_NAME} ! `;
}

/** The branch, for the end of the pipeline. TCP loses nothing. */
export function packetBranch(source: Source, elements: ElementSet): string | undefined {
  const lossy = source.kind === 'rtsp' && source.transport === 'udp';
  return lossy && elements.has('tee') && elements.has('capssetter') ? BRANCH : undefined;
}

/** Caps of packets have fields that would leak. */
const BRANCH =
  `${TEE_NAME}. ! capssetter join=false replace=true caps="application/x-rtp" ! ` +
  `appsink name=${PACKET_SINK_NAME} sync=false async=false drop=true max-buffers=1 wait-on-eos=false qos=false ` +
  'enable-last-sample=false';

export class PacketTap {
  readonly #sink: GstAppSink;
  #looking: Promise<number[]> | undefined;

  constructor(sink: GstAppSink) {
    this.#sink = sink;
  }

  /** Numbers of the next packets, in the order they came; fewer when the pipeline is stopped meanwhile. */
  look(): Promise<number[]> {
    this.#looking ??= this.#look().finally(() => {
      this.#sink['max-buffers'] = 1;
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<number[]> {
    this.#sink['max-buffers'] = ROOM;
    const numbers: number[] = [];
    while (numbers.length < PACKETS_PER_LOOK) {
      const packet = await new Promise<Buffer | null>((resolve) => {
        this.#sink.pull((bytes) => resolve(bytes ?? null));
      });
      if (packet === null) break;
      if (packet.length >= NUMBER_AT + 2) numbers.push(packet.readUInt16BE(NUMBER_AT));
    }
    return numbers;
  }
}
