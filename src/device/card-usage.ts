/**
 * What nvidia-smi says of a GPU at work: memory, by process too, load, temperature, and what holds its clocks down. Thor
 * and cards without support answer "[N/A]" to some of it; that stays unknown.
 */
import type { AskProgram } from '../base/program-output.js';
import type { ProcessBytes } from './nvmap-clients.js';

export interface CardUsage {
  /** Of the first card. */
  usedBytes: number | undefined;
  totalBytes: number | undefined;
  loadPercent: number | undefined;
  tempC: number | undefined;
  /** Names of what holds the clocks down; undefined where the driver does not say. */
  throttledBy: string[] | undefined;
  /** Over all cards; undefined where nobody says. */
  processes: ProcessBytes[] | undefined;
}

const PROGRAM = 'nvidia-smi';
const FORMAT = '--format=csv,noheader,nounits';
const FIELDS = 'memory.used,memory.total,utilization.gpu,temperature.gpu';
/** Some drivers do not know the last, by either name, and then answer nothing at all. */
const CARD_QUERIES = [
  `${FIELDS},clocks_throttle_reasons.active`,
  `${FIELDS},clocks_event_reasons.active`,
  FIELDS,
];
const MIB = 2 ** 20;
const MOST_PROCESSES = 4096;

/** NVML's bits for what slows a card down against its will; idle and what a user has set are not among them. */
const REASONS: readonly [bit: bigint, name: string][] = [
  [0x4n, 'card power cap'],
  [0x8n, 'card hardware slowdown'],
  [0x20n, 'card heat'],
  [0x40n, 'card hardware heat'],
  [0x80n, 'card power brake'],
];

/** A closure that remembers which question this driver understands. Never rejects; `reason` completes "nvidia-smi …". */
export function cardAsker(ask: AskProgram): () => Promise<{ usage: CardUsage } | { reason: string }> {
  let first = 0;
  return async () => {
    const apps = await ask(PROGRAM, ['--query-compute-apps=pid,process_name,used_memory', FORMAT]);
    // Who does not answer the one will not answer the other: no second deadline is waited for.
    if (!apps.ok && !/status/.test(apps.reason)) return { reason: apps.reason };
    let reason = '';
    for (let index = first; index < CARD_QUERIES.length; index += 1) {
      const answer = await ask(PROGRAM, [`--query-gpu=${CARD_QUERIES[index]}`, FORMAT]);
      if (answer.ok) {
        first = index;
        const processes = apps.ok ? parseComputeApps(apps.stdout) : undefined;
        return { usage: { ...parseCardUsage(answer.stdout), processes } };
      }
      reason = answer.reason;
      if (!/status/.test(reason)) break;
    }
    return { reason };
  };
}

/** The first line of an answer to the fields above. */
export function parseCardUsage(text: string): Omit<CardUsage, 'processes'> {
  const [line = ''] = text.trim().split('\n');
  const [used, total, load, temp, reasons] = line.split(',').map((cell) => cell.trim());
  const percent = whole(load);
  return {
    usedBytes: mib(used),
    totalBytes: mib(total),
    loadPercent: percent === undefined || percent > 100 ? undefined : percent,
    tempC: whole(temp),
    throttledBy: parseReasons(reasons),
  };
}

/** Lines of "1234, /usr/bin/node, 812"; undefined when not a single process has a figure. */
export function parseComputeApps(text: string): ProcessBytes[] | undefined {
  const byPid = new Map<number, number>();
  for (const line of text.split('\n', MOST_PROCESSES)) {
    // Paths of programs may hold commas.
    const [, pid, size] = /^(\d{1,10}),.*,\s*(\d{1,9})$/.exec(line.trim()) ?? [];
    // A process has a line for each card.
    if (Number(pid) > 0) byPid.set(Number(pid), (byPid.get(Number(pid)) ?? 0) + Number(size) * MIB);
  }
  // Inside a container the driver lists none, which is not to say that nobody holds memory.
  return byPid.size === 0 ? undefined : [...byPid].map(([pid, bytes]) => ({ pid, bytes }));
}

function parseReasons(cell = ''): string[] | undefined {
  if (!/^0x[0-9a-f]{1,16}$/i.test(cell)) return undefined;
  const bits = BigInt(cell);
  return REASONS.filter(([bit]) => (bits & bit) !== 0n).map(([, name]) => name);
}

function whole(cell = ''): number | undefined {
  return /^\d{1,9}$/.test(cell) ? Number(cell) : undefined;
}

function mib(cell: string | undefined): number | undefined {
  const value = whole(cell);
  return value === undefined ? undefined : value * MIB;
}
