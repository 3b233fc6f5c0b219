/**
 * Fetching from real web servers that cut, stall, lie and change their minds, in random mixtures: each archive comes whole
 * or not at all. Whether it is the wanted one is decided as a device does: by a digest that is known before, or by a
 * signature, for which a digest stands that only the judge knows.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchModel } from '../../dist/models/fetch/fetch-model.js';
import { BadServer } from './bad-server.mjs';
import { quickClock } from './quick-clock.mjs';

const RUNS = { short: 30, long: 300 };
const AT_ONCE = 4;
/** How much faster time passes: half a minute of silence is a fifth of a second. */
const HASTE = 150;
const LIMITS = { maxBytes: 2_000_000, stallMs: 30_000, deadlineMs: 7_200_000 };
const MOST_BYTES = 400_000;

/**
 * Each draws what a server does wrong from random numbers; `cut` is a place in the archive. `arrives`: the server serves
 * well in the end, so the archive must come.
 */
const SERVERS = [
  { name: 'cuts', arrives: true, draw: ({ cut, few }) => few(() => ({ cutAt: cut() })) },
  {
    name: 'stalls',
    arrives: true,
    draw: ({ cut, few, one }) => few(() => one([{ stallAt: cut() }, { silent: true }])),
  },
  {
    name: 'lies about length',
    arrives: false,
    draw: ({ cut, few, one, number }) =>
      few(() =>
        one([
          { length: number(9999), cutAt: cut() },
          { length: -number(999) },
          { length: 'chunked', cutAt: cut() },
          { length: 'none', cutAt: cut() },
          { length: 'chunked', extra: number(9999) },
          { extra: number(9999) },
        ]),
      ),
  },
  {
    name: 'sends ranges wrongly',
    arrives: true,
    draw: ({ cut, few, one, number }) => [
      { cutAt: cut() },
      ...few(() =>
        one([
          { skew: number(2000) - 1000 },
          { range: (from, to, size) => `bytes ${from + number(99)}-${to}/${size}` },
          { range: (from, to, size) => `bytes ${from}-${to}/${size + number(999)}` },
          { range: (from, to, size) => `bytes ${from}-${to + number(99)}/${size}` },
          { range: () => one([undefined, 'bytes', 'bytes */*', 'bytes 0-0/1']) },
          { range: (from, to, size) => `bytes ${from}-${from + number(to - from)}/${size}` },
          { status: 416 },
          { ignoresRanges: true, cutAt: cut() },
          { length: number(99) },
        ]),
      ).slice(0, 2),
    ],
  },
  {
    name: 'redirects in circles and away',
    arrives: false,
    draw: ({ few, one, number, cut }) => [
      ...few(() =>
        one([{ redirect: `/away${number(9)}` }, { redirect: '/people.tar.gz' }, { cutAt: cut() }]),
      ),
      ...one([[], [{ redirect: 'ftp://127.0.0.1/' }], Array(9).fill({ redirect: 'further/' })]),
    ],
  },
  {
    name: 'changes the archive midway',
    arrives: true,
    draw: ({ cut, one, becomes }) => {
      const validator = one(['strong', 'weak', false]);
      return [
        { cutAt: cut(), validator },
        { cutAt: cut(), validator, becomes },
        { validator },
        { validator },
      ];
    },
  },
  {
    name: 'damages a byte',
    arrives: false,
    draw: ({ cut }) => [{ cutAt: cut(), flip: cut() }, { flip: cut() }],
  },
  {
    name: 'is in trouble, or something else',
    arrives: false,
    draw: ({ few, one }) =>
      few(() =>
        one([
          { status: 503, headers: { 'retry-after': '2' } },
          { status: 500 },
          { garbage: true },
          { headers: { 'content-encoding': 'gzip' } },
          { headers: { 'content-type': 'text/html' } },
          { endless: true },
          { status: 404 },
        ]),
      ),
  },
];

export function otaHttp({ long }) {
  const count = long ? RUNS.long : RUNS.short;
  return SERVERS.map((server, index) => ({
    what: `a web server that ${server.name}: ${count} archives from it, in random mixtures, with restarts`,
    limit: server.arrives ? 'all come whole' : 'each comes whole or is refused, none is accepted wrong',
    measure: () => measured(server, count, 1 + index * 100_000),
  }));
}

async function measured(server, count, seed) {
  const tally = { whole: 0, resumed: 0, refused: 0, wrong: [], missing: [] };
  const seeds = Array.from({ length: count }, (_, run) => seed + run);
  const worker = async () => {
    for (let next = seeds.shift(); next !== undefined; next = seeds.shift())
      await oneRun(server, next, tally);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const { whole, resumed, refused, wrong, missing } = tally;
  const seen = [...wrong, ...missing].slice(0, 5).join('; ');
  const figure =
    `${whole} whole (${resumed} of them put together), ${refused} refused, ${wrong.length} accepted wrong` +
    (seen === '' ? '' : ` (${seen})`);
  return { figure, holds: wrong.length === 0 && whole > 0 && (!server.arrives || refused === 0) };
}

async function oneRun(kind, seed, tally) {
  const random = mulberry(seed);
  const number = (below) => Math.floor(random() * below);
  const bytes = 2000 + number(MOST_BYTES);
  const [first, second] = [content(bytes, seed), content(2000 + number(MOST_BYTES), seed + 0.5)];
  const behaviours = kind.draw({
    number,
    cut: () => number(bytes),
    one: (list) => list[number(list.length)],
    few: (make) => Array.from({ length: 1 + number(3) }, make),
    becomes: second,
  });
  const wanted = behaviours.some(({ becomes }) => becomes !== undefined) ? second : first;
  const server = await new BadServer(first, { behaviours }).start();
  const folder = mkdtempSync(join(tmpdir(), 'detectd-proof-'));
  try {
    const digest = sha256(wanted);
    const known = random() < 0.5;
    const target = {
      source: { kind: 'http', url: server.url },
      sha256: known ? digest : undefined,
      attempt: 0,
    };
    const { fetched, fault } = await asDevice({ target, digest, folder, restarts: number(3), random });
    if (fault !== undefined) {
      tally.refused += 1;
      if (kind.arrives) tally.missing.push(`seed ${seed} did not come: ${fault.message}`);
      return;
    }
    if (!readFileSync(fetched.archivePath).equals(wanted)) tally.wrong.push(`seed ${seed}`);
    else tally.whole += 1;
    if (fetched.doubtful) tally.resumed += 1;
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ends in the middle a few times, tries again later, fetches anew what it doubts, and accepts only what the digest allows. */
async function asDevice({ target, digest, folder, restarts, random }) {
  let fault;
  let fresh = false;
  for (let turn = 0; turn < 6 + restarts; turn += 1) {
    const stop = new AbortController();
    const clock = quickClock(HASTE);
    const ending =
      turn < restarts ? clock.after(random() * 3000, () => stop.abort(new Error('restarted'))) : undefined;
    try {
      const options = {
        folder,
        limits: LIMITS,
        clock,
        signal: stop.signal,
        env: {},
        wantSignature: false,
        fresh,
      };
      const fetched = await fetchModel(target, options);
      if (fetched.sha256 === digest) return { fetched };
      fault = new Error(`another digest${fetched.doubtful ? ', doubtful' : ''}`);
      // What came in one piece and is wrong is refused for good.
      if (!fetched.doubtful) return { fault };
      fresh = true;
    } catch (error) {
      fault = error;
      fresh = false;
      if (!stop.signal.aborted && error.again === 'never') return { fault };
      if (!stop.signal.aborted && error.again === undefined) throw error;
    } finally {
      ending?.cancel();
    }
  }
  return { fault };
}

function content(bytes, seed) {
  const random = mulberry(Math.round(seed * 2));
  return Buffer.from(
    Uint32Array.from({ length: Math.ceil(bytes / 4) }, () => random() * 2 ** 32).buffer,
    0,
    bytes,
  );
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Random numbers that are the same for the same seed. */
function mulberry(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
