/** Types of publishing-kills.mjs, for its test. */
import type { LedgerReport } from '../reconcile-parts/ledger.mjs';
export function killRuns(options: { folder: string; runs: number; seed: number }): Promise<{
  report: LedgerReport;
  seen: { runs: number; stored: number; early: number };
  faults: string[];
}>;
