/**
 * A device that is killed at random moments while it stores and publishes, again and again with the same store: what was in
 * the store when it died must arrive, and no number with two contents. Lines of `scripts/prove publishing`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Prng } from '../../dist/scene/prng.js';
import { inFolder } from './programs.mjs';
import { Books } from './publishing-books.mjs';
import { ownBroker } from './publishing-broker.mjs';
import { accounted } from './publishing-faults.mjs';
import { Gate } from './publishing-gate.mjs';
import { lightDevice } from './publishing-light.mjs';

/** Each a device with a store of its own, at the same broker. */
const LANES = 3;
const PER_S = 2000;
const LONGEST_MS = 250;

/**
 * `runs` kills of light devices. Every fifth time the broker cannot be reached, every fifth time it goes away in between.
 * Returns the report of the books, and how often a message that was stored did not come.
 */
export async function killRuns({ folder, runs, seed }) {
  const broker = await ownBroker(folder);
  const books = new Books();
  const seen = { runs: 0, stored: 0, early: 0 };
  const faults = [];
  try {
    await books.start(broker.url);
    const lanes = Array.from({ length: LANES }, (_, lane) =>
      killLane({
        folder,
        broker,
        books,
        lane,
        seen,
        faults,
        seed: seed + lane,
        runs: Math.floor((runs + lane) / LANES),
      }),
    );
    await Promise.all(lanes);
    const report = await books.settled(15_000);
    return { report, seen, faults };
  } finally {
    await books.close();
    await broker.end('SIGKILL');
  }
}

async function killLane({ folder, broker, books, lane, seen, faults, seed, runs }) {
  const random = new Prng(seed);
  const gate = new Gate(() => ({ host: '127.0.0.1', port: broker.port }));
  await gate.start();
  const device = `killed-${lane}`;
  const state = join(folder, device);
  mkdirSync(state);
  const common = { folder: state, device, mqtt: { broker: gate.url, base: books.base } };
  for (let run = 0; run < runs; run += 1) {
    const kind = run % 5;
    if (kind === 3) gate.close();
    else gate.open();
    const life = lightDevice({ ...common, perS: PER_S, limit: 1e9 });
    const boot = (await life.line(/^boot /)).slice(5);
    // Every fourth time while the store is opened.
    if (run % 4 > 0) await life.line(/^stored /);
    const afterMs = random.range(0, LONGEST_MS);
    if (kind === 4) setTimeout(() => gate.close(), afterMs / 2);
    await sleep(afterMs);
    life.kill();
    await life.exited;
    seen.runs += 1;
    const stored = Number(life.lines.findLast((line) => line.startsWith('stored '))?.slice(7) ?? 0);
    seen.stored += stored;
    if (stored === 0) seen.early += 1;
    // What it has said to be stored is owed, whatever the next start knows of it.
    if (stored > 0) books.owe({ device, boot, stream: 'events', last: stored - 1 });
  }
  gate.open();
  const last = lightDevice({ ...common, perS: PER_S, limit: 1, outbox: { replay_per_s: 10_000 } });
  await last.line(/^done$/).catch((error) => faults.push(error.message));
  await last.end();
  await gate.end();
}

export function publishingKills({ long }) {
  const runs = long ? 2000 : 200;
  return [
    {
      what: `a device killed (kill -9) at random moments, ${runs} times, with and without a broker`,
      limit: '0 stored messages lost, 0 unaccounted, duplicates only with the same content',
      measure: () =>
        inFolder(async (folder) => {
          const { report, seen, faults } = await killRuns({ folder, runs, seed: 1 });
          const { figure, holds } = accounted(report);
          const told = `${seen.runs} runs, ${seen.stored} stored before they were killed; ${figure}`;
          return { figure: [told, ...faults].join('; '), holds: holds && faults.length === 0 };
        }),
    },
  ];
}
