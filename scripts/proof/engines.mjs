/** Engines: the right one for exactly this device, built once, whole whatever happens. */
import { killRuns } from './engine-kills.mjs';
import { cases, inFolder } from './programs.mjs';

export function engines({ long }) {
  return [
    {
      what: 'every part of the fingerprint changed, one at a time, on the files of a board',
      limit: 'a new key, the old engine never opened, the change named',
      measure: () => cases('--grep=another key, and is named|are named too', 'test/engines/explain.test.ts'),
    },
    {
      what: `kill -9 while engines are built, written, opened and evicted, ${long ? 2000 : 200} times`,
      limit: 'always a usable cache, no half engine, at most one temporary folder',
      measure: () => kills(long ? 2000 : 200),
    },
    {
      what: 'three processes that ask for the same engine at once, also when the builder is killed',
      limit: 'one build',
      measure: () => cases('--grep=three processes|builder is killed', 'test/e2e/engine-cache.test.ts'),
    },
  ];
}

function kills(runs) {
  return inFolder(async (folder) => {
    const { faults, seen } = await killRuns({ folder, runs, seed: 1 });
    const outcome = `${seen.leftovers} left a temporary folder, which the next start removed`;
    const figure = `${seen.runs} kills, ${outcome}, ${faults.length} faults`;
    return { figure: [figure, ...faults.slice(0, 3)].join('; '), holds: faults.length === 0 };
  });
}
