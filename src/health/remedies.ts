/**
 * Decides what is done about the signs that show: the first remedy in the table whose conditions hold, one at a time, each
 * kind with a growing gap to the one before, what can wait at a quiet moment. Pure of clocks: it is told the time.
 */
import type { HealthReport, RemedyReport } from '../core/health-report.js';
import {
  type Act,
  GAPS_MS,
  MOST_PATIENCE_MS,
  RATE_SHARES,
  REMEDIES,
  type Remedy,
  SLOWING,
} from './remedy-table.js';
import type { Cause, Sign } from './signs.js';

export interface Situation {
  /** By the monotonic clock, and as it is published (RFC 3339). */
  nowMs: number;
  ts: string;
  signs: readonly Sign[];
  /** The machine is not hot and not nearly so. */
  cool: boolean;
  /** Since a camera saw an object. */
  quietForMs: number;
  /** A file is playing that a fresh worker would start over. */
  playsFile: boolean;
  /** A fresh worker was asked for and does not serve yet. */
  recycling: boolean;
  /** An engine is being built. */
  building: boolean;
  /** There was enough memory at some time since the start. */
  hadRoom: boolean;
  daemonUpMs: number;
  machineUpMs: number;
}

export interface RemedyOptions {
  /** By configuration, and by what the machine can do. */
  allows: (act: Act) => boolean;
  quietMs: number;
}

/** After these, files that were playing start over. */
const ENDS_WORKER: ReadonlySet<Act> = new Set<Act>(['recycle', 'restart']);

interface Showing {
  sinceMs: number;
  ts: string;
  /** When it is no longer waited for a quiet moment, or for the end of a file. */
  deadlineMs: number;
}

interface Taken {
  atMs: number;
  gapMs: number;
}

export class Remedies {
  #options: RemedyOptions;
  readonly #showing = new Map<Cause, Showing>();
  readonly #takenAt = new Map<Act, Taken>();
  readonly #counts = zeros();
  #level = 0;
  #slowedBy: Cause = 'hot';
  #calmSinceMs: number | undefined;
  #pending: RemedyReport | undefined;
  #last: RemedyReport | undefined;

  constructor(options: RemedyOptions) {
    this.#options = options;
  }

  /** The configuration has changed. What was done and what shows stays known. */
  configure(options: RemedyOptions): void {
    this.#options = options;
  }

  /** Share of the usual rate at which frames are to be analysed now. */
  get rateShare(): number {
    return RATE_SHARES[this.#level] as number;
  }

  /** To be called with every look: what is to be done now, counted as done. */
  decide(situation: Situation): RemedyReport | undefined {
    this.#note(situation);
    this.#pending = undefined;
    for (const remedy of REMEDIES) {
      const sign = situation.signs.find(({ cause }) => cause === remedy.cause);
      if (sign === undefined || !this.#applies(remedy, sign, situation)) continue;
      const report = this.#report(remedy.act, sign.cause, sign.reason, situation.ts);
      if (this.#isDue(remedy, situation)) return this.#take(report, situation.nowMs);
      this.#pending ??= { ...report, ts: (this.#showing.get(sign.cause) as Showing).ts };
    }
    return this.#mayGoFaster(situation);
  }

  report(): Pick<HealthReport['remedies'], 'taken' | 'pending' | 'last'> {
    return { taken: this.#counts, pending: this.#pending, last: this.#last };
  }

  #note({ nowMs, ts, signs }: Situation): void {
    const causes = new Set(signs.map(({ cause }) => cause));
    for (const cause of this.#showing.keys()) if (!causes.has(cause)) this.#showing.delete(cause);
    for (const { cause, leftMs } of signs) {
      const latestMs = nowMs + Math.min(MOST_PATIENCE_MS, (leftMs ?? Infinity) / 2);
      const known = this.#showing.get(cause);
      if (known === undefined) this.#showing.set(cause, { sinceMs: nowMs, ts, deadlineMs: latestMs });
      else known.deadlineMs = Math.min(known.deadlineMs, latestMs);
    }
  }

  /** Whether it is the remedy at all, if not yet the time for it. */
  #applies(remedy: Remedy, sign: Sign, situation: Situation): boolean {
    const { act, afterMs } = remedy;
    const { nowMs, daemonUpMs, machineUpMs, building, hadRoom } = situation;
    if (!this.#options.allows(act)) return false;
    if (act === 'slow down' && this.#level === RATE_SHARES.length - 1) return false;
    if (remedy.ifWorkerHelps === true && !sign.workerHelps) return false;
    if (remedy.notWhileBuilding === true && building) return false;
    if (remedy.ifHadRoom === true && !hadRoom) return false;
    if (daemonUpMs < (remedy.daemonUpMs ?? 0) || machineUpMs < (remedy.machineUpMs ?? 0)) return false;
    return nowMs - (this.#showing.get(sign.cause) as Showing).sinceMs >= afterMs;
  }

  #isDue({ act, cause, quiet }: Remedy, situation: Situation): boolean {
    const { nowMs, quietForMs, playsFile, recycling } = situation;
    if (!this.#isRested(act, nowMs) || (act === 'recycle' && recycling)) return false;
    const awaitsQuiet = quiet && quietForMs < this.#options.quietMs;
    const awaitsEnd = playsFile && ENDS_WORKER.has(act);
    return (!awaitsQuiet && !awaitsEnd) || nowMs >= (this.#showing.get(cause) as Showing).deadlineMs;
  }

  #isRested(act: Act, nowMs: number): boolean {
    const taken = this.#takenAt.get(act);
    return taken === undefined || nowMs - taken.atMs >= taken.gapMs;
  }

  #mayGoFaster({ nowMs, ts, signs, cool }: Situation): RemedyReport | undefined {
    if (this.#level > 0 && !this.#options.allows('slow down'))
      return this.#take(this.#report('speed up', this.#slowedBy, 'it is not to be slowed down', ts), nowMs);
    const slowing = signs.some(({ cause }) => SLOWING.includes(cause));
    if (this.#level === 0 || slowing || !cool) {
      this.#calmSinceMs = undefined;
      return undefined;
    }
    this.#calmSinceMs ??= nowMs;
    const restedMs = GAPS_MS['speed up'].first;
    if (nowMs - this.#calmSinceMs < restedMs) return undefined;
    this.#calmSinceMs = nowMs;
    return this.#take(
      this.#report('speed up', this.#slowedBy, 'it is neither hot nor short of memory any more', ts),
      nowMs,
    );
  }

  #report(act: Act, cause: RemedyReport['cause'], reason: string, ts: string): RemedyReport {
    return { act, cause, reason, ts };
  }

  #take(report: RemedyReport, nowMs: number): RemedyReport {
    const { act, cause } = report;
    const { first, most } = GAPS_MS[act];
    const before = this.#takenAt.get(act);
    const soon = before !== undefined && nowMs - before.atMs < 4 * before.gapMs;
    this.#takenAt.set(act, { atMs: nowMs, gapMs: soon ? Math.min(most, before.gapMs * 2) : first });
    if (act === 'slow down') {
      this.#level += 1;
      this.#slowedBy = cause as Cause;
    }
    if (act === 'speed up') this.#level -= 1;
    const counts = this.#counts[act] ?? {};
    this.#counts[act] = { ...counts, [cause]: (counts[cause] ?? 0) + 1 };
    this.#last = report;
    // For the next one a quiet moment is waited for anew.
    const showing = this.#showing.get(cause as Cause);
    if (showing !== undefined) showing.deadlineMs = nowMs + MOST_PATIENCE_MS;
    return report;
  }
}

/** Of all acts that there are: who counts from outside sees the first one, too. */
function zeros(): HealthReport['remedies']['taken'] {
  const counts: HealthReport['remedies']['taken'] = {};
  const faster = SLOWING.map((cause) => ({ act: 'speed up', cause }));
  for (const { act, cause } of [...REMEDIES, ...faster]) counts[act] = { ...counts[act], [cause]: 0 };
  return counts;
}
