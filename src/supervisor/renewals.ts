/** Who waits for a fresh worker: those who asked before one was started, and those whom the one on its way will do. */
interface Waiter {
  resolve: () => void;
  reject: (reason: unknown) => void;
  urgent: boolean;
}

export class Renewals {
  #waiting: Waiter[] = [];
  #underWay: Waiter[] = [];

  /** Somebody waits for a worker that is not started yet. */
  get wanted(): boolean {
    return this.#waiting.length > 0;
  }

  /** One of them does not wait for files to end. */
  get urgent(): boolean {
    return this.#waiting.some(({ urgent }) => urgent);
  }

  /** Resolves when a worker that is started after this serves; rejects with the reason why it does not. */
  add(urgent = false): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject, urgent }));
  }

  /** A worker is started, for whatever reason. */
  started(): void {
    this.#underWay.push(...this.#waiting.splice(0));
  }

  /** It is not wanted any more, another one follows. */
  dropped(): void {
    this.#waiting.unshift(...this.#underWay.splice(0));
  }

  serves(): void {
    for (const { resolve } of this.#underWay.splice(0)) resolve();
  }

  failed(reason: unknown): void {
    for (const { reject } of this.#underWay.splice(0)) reject(reason);
  }

  /** Nothing is started any more: nobody is left waiting. */
  end(): void {
    this.dropped();
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }
}
