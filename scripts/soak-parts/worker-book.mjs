/**
 * Which worker runs, why it was started, and whether that was meant: read from the daemon's log. A worker follows
 * another one because it was killed by us, because an engine was built, or unplanned.
 */

/** Reasons for a fresh worker that are no sign of trouble: cameras that were reconfigured are bound to be one in the end. */
const PLANNED = /^(an engine was built$|\d+ engines were built$|dead pipelines: )/;

export class WorkerBook {
  pid;
  startedAt;
  starts = 0;
  kills = 0;
  afterKill = 0;
  renewed = 0;
  /** What should not have happened, each with its reason. */
  unplanned = [];
  #killed = new Set();
  #coming = new Map();
  #wish;
  #failure = '';

  /** We are about to kill the worker that serves. */
  killing() {
    this.kills += 1;
    this.#killed.add(this.pid);
    return this.pid;
  }

  /** A line of the daemon's log. */
  take({ msg, pid, beside, reason, code }) {
    if (msg === 'a fresh worker is to take over') this.#wish = reason;
    else if (msg.startsWith('worker failed')) this.#failure = `${code}: ${msg}`;
    else if (msg === 'worker started') this.#started(pid, beside);
    else if (msg === 'worker took over') this.#tookOver(pid);
  }

  #started(pid, beside) {
    this.starts += 1;
    if (beside !== undefined) {
      this.#coming.set(pid, this.#wish ?? 'no reason was logged');
      return;
    }
    if (this.pid !== undefined) {
      if (this.#killed.delete(this.pid)) this.afterKill += 1;
      else if (PLANNED.test(this.#wish ?? '')) this.renewed += 1;
      else this.unplanned.push(this.#failure || this.#wish || 'no reason was logged');
    }
    this.#serves(pid);
  }

  #tookOver(pid) {
    const why = this.#coming.get(pid) ?? 'no reason was logged';
    if (this.#killed.delete(this.pid)) this.afterKill += 1;
    else if (PLANNED.test(why)) this.renewed += 1;
    else this.unplanned.push(why);
    this.#serves(pid);
  }

  #serves(pid) {
    this.pid = pid;
    this.startedAt = performance.now();
    this.#coming.delete(pid);
    this.#wish = undefined;
    this.#failure = '';
  }
}
