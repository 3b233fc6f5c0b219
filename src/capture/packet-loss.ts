/**
 * Whether packets of a stream are lost on the way, from the numbers of some that came one after the other, looked at again
 * and again. Pure. It takes two looks to find it and a few more to believe that it is over.
 */

/** Share of lost packets from which pictures suffer. */
const TELL = 0.05;
const OVER = 0.02;
/** Another figure is told when it is so much more. */
const WORSE = 0.15;
const LOOKS_TO_TELL = 2;
const LOOKS_TO_END = 5;
/** They are 16 bits, and begin again. */
const NUMBERS = 0x1_0000;

interface Look {
  came: number;
  sent: number;
}

/** For people; in steps of five, since more cannot be known. */
export function lossNote(share: number): string {
  const percent = Math.max(5, Math.round(share * 20) * 5);
  return `About ${percent} % of its packets are lost on the way, which tears pictures: look at the network, or set rtsp_transport: tcp.`;
}

export class PacketLoss {
  #looks: Look[] = [];
  #told: number | undefined;

  /** Share of the packets that is lost, as it is to be told; undefined while there is nothing to tell. */
  get share(): number | undefined {
    return this.#told;
  }

  /** Takes numbers of packets that came one after the other; true when there is something else to tell. */
  take(numbers: readonly number[]): boolean {
    const look = lookAt(numbers);
    if (look.sent === 0) return false;
    this.#looks = [...this.#looks, look].slice(-LOOKS_TO_END);
    const before = this.#told;
    const newest = this.#looks.slice(-LOOKS_TO_TELL);
    const share = shareOf(newest);
    if (before === undefined) {
      const lasting = newest.length === LOOKS_TO_TELL && newest.every(({ came, sent }) => came < sent);
      if (lasting && share >= TELL) this.#told = share;
    } else if (this.#looks.length === LOOKS_TO_END && shareOf(this.#looks) < OVER) {
      this.#told = undefined;
    } else if (share - before >= WORSE) {
      this.#told = share;
    }
    return this.#told !== before;
  }
}

/** By their distance from the first, so that neither order nor the end of the numbers matters. */
function lookAt(numbers: readonly number[]): Look {
  const [first = 0] = numbers;
  const places = new Set(numbers.map((number) => signed((number - first + NUMBERS) % NUMBERS)));
  if (places.size < 2) return { came: 0, sent: 0 };
  return { came: places.size - 1, sent: Math.max(...places) - Math.min(...places) };
}

function signed(distance: number): number {
  return distance < NUMBERS / 2 ? distance : distance - NUMBERS;
}

function shareOf(looks: readonly Look[]): number {
  const sum = (of: keyof Look) => looks.reduce((total, look) => total + look[of], 0);
  return 1 - sum('came') / sum('sent');
}
