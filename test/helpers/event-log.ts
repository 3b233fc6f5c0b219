/** Events in the order in which they came; a test waits for the next of a kind, past or to come. */
export class EventLog<Kind extends string> {
  readonly #past: Kind[] = [];
  readonly #waiting: { kind: Kind; resolve: () => void }[] = [];

  add(kind: Kind): void {
    const index = this.#waiting.findIndex((waiter) => waiter.kind === kind);
    if (index === -1) this.#past.push(kind);
    else this.#waiting.splice(index, 1)[0]?.resolve();
  }

  /** Resolves with the first event of that kind that was not waited for yet. */
  next(kind: Kind): Promise<void> {
    const index = this.#past.indexOf(kind);
    if (index !== -1) {
      this.#past.splice(0, index + 1);
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push({ kind, resolve }));
  }
}
