/**
 * Kills a process that works on the engine cache, again and again in one cache, and looks after each kill: every
 * engine is whole or refused, at most one temporary folder is left, the next start removes it and goes on.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import { Prng } from '../../dist/scene/prng.js';
import { content, FACTS, FILES, FRAGILE, KEYS, MAX_BYTES } from './engine-models.mjs';

const CHILD = fileURLToPath(new URL('./engine-churn.mjs', import.meta.url));
const IN_ENGINE = ['context.onnx', 'engine', 'last-use', 'manifest.json'];
const LONGEST_MS = 120;
/** A turn of the child takes up to about a hundred steps. */
const MOST_STEPS = 400;

/**
 * `runs` kills in `folder`; every second one at a step on the file system instead of a moment. Returns what was
 * found wrong, one line each, and what was seen. The same seed draws the same kills.
 */
export async function killRuns({ folder, runs, seed, onRun = () => {} }) {
  const random = new Prng(seed);
  const faults = [];
  const seen = { runs: 0, engines: 0, leftovers: 0, refused: 0 };
  for (let run = 0; run < runs; run += 1) {
    const childSeed = random.index(2 ** 31);
    const how = run % 2 === 0 ? { afterMs: random.range(0, LONGEST_MS) } : { step: random.index(MOST_STEPS) };
    await killedChild(folder, childSeed, how);
    const say = (fault) => faults.push(`run ${run} (${JSON.stringify({ childSeed, ...how })}): ${fault}`);
    await inspect(folder, seen, say);
    seen.runs += 1;
    onRun(seen, faults);
  }
  return { faults, seen };
}

function killedChild(folder, seed, { afterMs, step }) {
  const args = [CHILD, folder, `${seed}`, ...(step === undefined ? [] : [`${step}`])];
  // Nothing that a tester's environment adds: starting is most of what a run takes.
  const env = { PATH: process.env.PATH };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  if (afterMs !== undefined)
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), afterMs));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => {
      if (signal === 'SIGKILL') resolve();
      else reject(new Error(`the program ended by itself, with ${signal ?? status}`));
    });
  });
}

/** As the next start would find it. */
async function inspect(folder, seen, say) {
  const engines = join(folder, 'engines');
  const cache = new EngineCache({ folder, maxBytes: MAX_BYTES });
  const names = readdirOrNothing(engines);
  const leftovers = names.filter((name) => name.endsWith('.tmp'));
  seen.leftovers += leftovers.length;
  if (leftovers.length > 1) say(`${leftovers.length} temporary folders`);
  const odd = names.filter((name) => !/^[0-9a-f]{64}(\.tmp|\.bad-\d+)?$/.test(name));
  if (odd.length > 0) say(`left over: ${odd.join(', ')}`);
  for (const key of KEYS) {
    if (!names.includes(key.digest)) continue;
    const found = await cache.inspect(key.digest);
    if (found.state === 'usable') {
      seen.engines += 1;
      requireWhole(found.engine, key, say);
      await found.engine.close();
    } else if (key === FRAGILE) seen.refused += 1;
    else say(`an engine is ${found.state}: ${found.reason}`);
  }
  const removed = await cache.start();
  if (removed.length !== leftovers.length) say(`${removed.length} of ${leftovers.length} leftovers removed`);
  const after = readdirOrNothing(engines).filter((name) => name.endsWith('.tmp'));
  if (after.length > 0) say('a temporary folder survives the next start');
  await requireUsable(cache, say);
}

function requireWhole(engine, key, say) {
  const names = readdirSync(engine.folder).sort();
  if (names.join() !== IN_ENGINE.join()) say(`an engine holds ${names.join(', ')}`);
  for (const name of FILES)
    if (!readFileSync(engine.file(name)).equals(content(key, name))) say(`${name} is another one`);
}

/** An engine can be had, and built where there is none. */
async function requireUsable(cache, say) {
  const acquired = await cache.acquire(FRAGILE, { timeoutMs: 10_000 });
  if (acquired.kind === 'engine') return acquired.engine.close();
  for (const name of FILES) writeFileSync(join(acquired.build.folder, name), content(FRAGILE, name));
  const engine = await acquired.build.commit(FACTS);
  requireWhole(engine, FRAGILE, say);
  await engine.close();
}

function readdirOrNothing(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
