/**
 * What is done about which sign, as one table: the mildest act first, the next one when the sign lasts. remedies.ts reads
 * it; whoever composes the daemon carries the acts out.
 */
import type { Cause } from './signs.js';

/** `speed up` takes a step of `slow down` back. */
export type Act = 'recycle' | 'slow down' | 'speed up' | 'restart' | 'reboot';

export interface Remedy {
  cause: Cause;
  act: Exclude<Act, 'speed up'>;
  /** The sign has shown without a break for this long. */
  afterMs: number;
  /** It can wait for a moment in which nobody is seen. */
  quiet: boolean;
  /** Only where a fresh worker would give memory back, as far as is known. */
  ifWorkerHelps?: true;
  /** This process, or the machine, has run for this long: what is started again for nothing is not started again at once. */
  daemonUpMs?: number;
  machineUpMs?: number;
  /** Not while an engine is built: that takes memory for minutes, and would begin anew. */
  notWhileBuilding?: true;
  /** Only where there was enough memory at some time since the start, or it would be done over and over for nothing. */
  ifHadRoom?: true;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const REMEDIES: readonly Remedy[] = [
  { cause: 'leak', act: 'recycle', afterMs: 0, quiet: true, ifWorkerHelps: true },
  { cause: 'memory limit', act: 'recycle', afterMs: 0, quiet: false },
  { cause: 'decoder', act: 'recycle', afterMs: 0, quiet: true },
  { cause: 'dead pipelines', act: 'recycle', afterMs: 0, quiet: true },
  { cause: 'memory short', act: 'recycle', afterMs: 0, quiet: false, ifWorkerHelps: true },
  { cause: 'memory short', act: 'slow down', afterMs: 30 * SECOND, quiet: false },
  {
    cause: 'memory short',
    act: 'restart',
    afterMs: 15 * MINUTE,
    quiet: false,
    daemonUpMs: HOUR,
    notWhileBuilding: true,
    ifHadRoom: true,
  },
  {
    cause: 'memory short',
    act: 'reboot',
    afterMs: 30 * MINUTE,
    quiet: false,
    machineUpMs: 6 * HOUR,
    notWhileBuilding: true,
  },
  { cause: 'hot', act: 'slow down', afterMs: 30 * SECOND, quiet: false },
  { cause: 'daemon leak', act: 'restart', afterMs: 0, quiet: true, daemonUpMs: HOUR },
  { cause: 'worker fails', act: 'restart', afterMs: 10 * MINUTE, quiet: false, daemonUpMs: HOUR },
  { cause: 'worker fails', act: 'reboot', afterMs: 30 * MINUTE, quiet: false, machineUpMs: 6 * HOUR },
  { cause: 'worker stuck', act: 'reboot', afterMs: MINUTE, quiet: false, machineUpMs: 6 * HOUR },
];

/** Between two of the same kind; doubles when it is wanted again soon, up to the second figure. */
export const GAPS_MS: Record<Act, { first: number; most: number }> = {
  recycle: { first: 10 * MINUTE, most: 6 * HOUR },
  'slow down': { first: 2 * MINUTE, most: 2 * MINUTE },
  'speed up': { first: 5 * MINUTE, most: 5 * MINUTE },
  // The next process counts anew; what keeps it from ending at once is how long it has to run before.
  restart: { first: HOUR, most: HOUR },
  reboot: { first: 6 * HOUR, most: 24 * HOUR },
};

/** Nobody waits longer for a quiet moment. */
export const MOST_PATIENCE_MS = 6 * HOUR;

/** Share of its rate at which the machine analyses, by how often it was slowed down. */
export const RATE_SHARES: readonly number[] = [1, 0.5, 0.25, 0.1];

/** What slows the machine down; when none of them has shown for a while it may go faster again. */
export const SLOWING: readonly Cause[] = ['hot', 'memory short'];
