/** Cameras: every fault told in time and cured by itself, nothing left behind, fair turns, and what a stream costs. */
import { existsSync } from 'node:fs';

const PARTS = [
  { file: './cameras-faults.mjs', what: 'the fault matrix' },
  { file: './cameras-sight.mjs', what: 'what it costs to see that a picture is frozen or black' },
  { file: './cameras-opens.mjs', what: 'failed opens and reconnects leave nothing behind' },
  { file: './cameras-fair.mjs', what: 'sixteen cameras, fair turns, overload' },
  { file: './cameras-cpu.mjs', what: 'CPU time of a stream by stage' },
];

export async function cameras(options) {
  const lines = [];
  for (const { file, what } of PARTS) {
    const url = new URL(file, import.meta.url);
    // A part that does not load falls short alone.
    const part = existsSync(url) ? import(url).then(({ run }) => run(options)) : missing(file, what);
    lines.push(...(await part.catch((error) => [broken(what, error)])));
  }
  return lines;
}

async function missing(file, what) {
  return [broken(what, new Error(`missing: there is no scripts/proof/${file.slice(2)}`))];
}

function broken(what, error) {
  return { what, limit: 'measured', measure: () => Promise.reject(error) };
}
