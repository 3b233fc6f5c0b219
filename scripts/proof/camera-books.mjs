/**
 * What a subscriber hears of cameras: each status with the time when it came, and which detections came when. Times are
 * of this process's monotonic clock, in milliseconds, so that a wall clock that is set breaks nothing here.
 */
import { subscribe } from './programs.mjs';

export class CameraBooks {
  #client;
  #cameras = new Map();
  #waiting = new Set();

  async start(url) {
    this.#client = await subscribe(url, (topic, payload, at) => {
      const match = /\/cameras\/([^/]+)\/(status|detections)$/.exec(topic);
      if (match === null || payload === '') return;
      const entry = this.#entry(match[1]);
      const message = JSON.parse(payload);
      if (match[2] === 'status') entry.statuses.push({ at, ...message });
      else this.#detection(entry, message, at);
      for (const look of [...this.#waiting]) look();
    });
  }

  close() {
    this.#client?.end(true);
  }

  /** The newest status of a camera. */
  status(camera) {
    return this.#entry(camera).statuses.at(-1);
  }

  /** When it became online; undefined when it is not. */
  onlineSince(camera) {
    const { statuses } = this.#entry(camera);
    return statuses[statuses.findLastIndex(({ state }) => state !== 'online') + 1]?.at;
  }

  /** Every status that came after `at`. */
  statuses(camera, at) {
    return this.#entry(camera).statuses.filter((status) => status.at > at);
  }

  /** Every detection that came after `at`: when, captured when by the daemon's clock, and its number. */
  detections(camera, at) {
    const { detections } = this.#entry(camera);
    return detections.slice(detections.findLastIndex((each) => each.at <= at) + 1);
  }

  /** Detections whose number did not follow that before. */
  disorder(camera) {
    return this.#entry(camera).disorder;
  }

  /** What `find` gives as soon as it gives anything, asked after each message; undefined when it never does in time. */
  first(find, limitMs) {
    return new Promise((resolve) => {
      const end = (found) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      const look = () => {
        const found = find();
        if (found !== undefined) end(found);
      };
      const timer = setTimeout(() => end(undefined), limitMs);
      this.#waiting.add(look);
      look();
    });
  }

  #entry(camera) {
    const known = this.#cameras.get(camera);
    if (known !== undefined) return known;
    const entry = { statuses: [], detections: [], disorder: 0 };
    this.#cameras.set(camera, entry);
    return entry;
  }

  #detection(entry, { seq, ts }, at) {
    const before = entry.detections.at(-1);
    if (before !== undefined && seq !== before.seq + 1) entry.disorder += 1;
    entry.detections.push({ at, seq, capturedMs: Date.parse(ts) });
  }
}
