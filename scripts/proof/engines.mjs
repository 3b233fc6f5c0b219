/** Engines: the right one for exactly this device, built once, whole whatever happens. */
import { killRuns } from './engine-kills.mjs';
import { handoverPause } from './handover-pause.mjs';
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
    {
      what: 'a new model without engine, of a camera with 10 frames/s: longest pause of detections over MQTT until its engine serves',
      limit:
        'by capture and by arrival at most one frame interval longer than undisturbed, seq without a gap',
      measure: () => pause(10, long ? 7 : 3),
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

/** The middle one of several runs, since other programs pause detections too. */
async function pause(fps, runs) {
  const results = [];
  for (let run = 0; run < runs; run += 1) results.push(await handoverPause({ fps }));
  if (!results.every(({ besideTheOld }) => besideTheOld))
    return { impossible: 'there is no memory for two workers' };
  results.sort((a, b) => a.moreMs - b.moreMs);
  const { intervalMs, load, undisturbed, changing, passage, moreMs } = results[(runs - 1) / 2];
  const figure = [
    `${changing.captureMs} ms by capture and ${changing.arrivalMs} ms by arrival`,
    `undisturbed ${undisturbed.captureMs} and ${undisturbed.arrivalMs} ms`,
    `from the old model to the new one ${passage.captureMs} and ${passage.arrivalMs} ms`,
    `interval ${intervalMs} ms, load ${load.toFixed(1)}, the middle one of ${runs} runs`,
  ].join('; ');
  return { figure, holds: moreMs <= intervalMs && results.every(({ inOrder }) => inOrder) };
}
