/**
 * Pictures that were asked of one worker and have not come yet: each ends with the picture, with why there is none, with
 * the worker or at its deadline.
 */
import type { Clock, Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { HostMessage, SnapshotPicture, WorkerMessage } from '../ipc/protocol.js';

interface Ask {
  settle: (picture: SnapshotPicture | DetectdError) => void;
  timer: Timer;
}

/** Beyond this nobody takes what was asked for. */
const MOST_ASKS = 64;

export class SnapshotAsks {
  readonly #clock: Clock;
  readonly #asks = new Map<number, Ask>();
  #next = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sends the wish by `send`. Rejects with SNAPSHOT_UNAVAILABLE. */
  ask(
    camera: string,
    quality: number,
    timeoutMs: number,
    send: (message: Extract<HostMessage, { type: 'snapshot' }>) => void,
  ): Promise<SnapshotPicture> {
    if (this.#asks.size >= MOST_ASKS)
      return Promise.reject(new DetectdError('SNAPSHOT_UNAVAILABLE', 'Too many pictures are asked for.'));
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () => this.#settle(id, late(camera, timeoutMs)));
      const settle: Ask['settle'] = (outcome) =>
        outcome instanceof DetectdError ? reject(outcome) : resolve(outcome);
      this.#asks.set(id, { settle, timer });
      send({ type: 'snapshot', id, camera, quality });
    });
  }

  /** Whether the message is an answer, and therefore nobody else's business. */
  takes(message: WorkerMessage): boolean {
    if (message.type === 'snapshot') this.#settle(message.id, message.picture);
    else if (message.type === 'snapshot-failed')
      this.#settle(message.id, DetectdError.fromData(message.error));
    else return false;
    return true;
  }

  /** The worker is gone. */
  end(): void {
    const error = new DetectdError('SNAPSHOT_UNAVAILABLE', 'The worker ended before the picture came.');
    for (const id of [...this.#asks.keys()]) this.#settle(id, error);
  }

  /** Of one that was given up nobody waits for the answer. */
  #settle(id: number, outcome: SnapshotPicture | DetectdError): void {
    const ask = this.#asks.get(id);
    if (ask === undefined) return;
    this.#asks.delete(id);
    ask.timer.cancel();
    ask.settle(outcome);
  }
}

function late(camera: string, timeoutMs: number): DetectdError {
  return new DetectdError(
    'SNAPSHOT_UNAVAILABLE',
    `The camera "${camera}" gave no picture within ${timeoutMs / 1000} s.`,
    'Look at its status; ask again when frames come.',
  );
}
