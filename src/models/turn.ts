/** One at a time: who asks waits until those who asked before have given their turn back. */

export class Turn {
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  /** Resolves with what gives it back, in the order of asking; rejects with the signal's reason. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#taken) await this.#wait(signal);
    this.#taken = true;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#taken = false;
      this.#waiting.shift()?.();
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const mine = (): void => {
        signal.removeEventListener('abort', leave);
        // Taken for the one that waited, before anyone else can.
        this.#taken = true;
        resolve();
      };
      const leave = (): void => {
        const index = this.#waiting.indexOf(mine);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(signal.reason);
      };
      this.#waiting.push(mine);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
