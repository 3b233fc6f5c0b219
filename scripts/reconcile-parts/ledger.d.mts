/** Types of ledger.mjs, for its test. */
export interface Received {
  topic: string;
  payload: string | Uint8Array;
  qos?: number | undefined;
  retain?: boolean;
}
export interface StreamReport {
  device: string;
  boot_id: string;
  stream: string;
  stored: boolean;
  first: number | null;
  last: number | null;
  end_proven: boolean;
  sent: number;
  received: number;
  duplicated: number;
  duplicates_unverified: number;
  conflicts: number;
  conflicting_seqs: number[];
  late: number;
  out_of_order: number;
  lost: number;
  lost_by_cause: Record<string, number>;
  lost_but_received: number;
  excused: number;
  missing: number;
  unaccounted: number;
  ranges: [number, number][];
  too_scattered: boolean;
}
export interface LedgerReport {
  proven: boolean;
  devices: number;
  totals: Record<string, number>;
  counts: { messages: number; without_number: number; invalid: number; beyond_bounds: number };
  invalid: string[];
  streams: StreamReport[];
}
export class Ledger {
  constructor(options?: { base?: string; fromStart?: boolean });
  take(message: Received): void;
  report(options?: { qos0?: boolean }): LedgerReport;
}
