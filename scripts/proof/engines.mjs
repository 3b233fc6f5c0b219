/** Engines: the right one for exactly this device, built once, whole whatever happens. */
import { killRuns } from './engine-kills.mjs';
import { startTimes } from './engine-start.mjs';
import { handoverPause } from './handover-pause.mjs';
import { cases, inFolder } from './programs.mjs';

export function engines({ long }) {
  let starts;
  /** One series of starts serves both promises. */
  const started = () => {
    starts ??= inFolder((folder) => startTimes(folder, long ? 9 : 3));
    return starts;
  };
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
    {
      what: 'two daemons and a command that want the same engine at once',
      limit: 'one build',
      measure: () => cases('test/e2e/one-build.test.ts'),
    },
    {
      what: 'builder processes of a real model, killed at every phase, and three at once',
      limit: 'a whole engine or none, one build',
      measure: () => cases('test/e2e/builder.test.ts'),
    },
    {
      what: 'a program that behaves as trtexec of 8.5, 8.6, 10.3, 10.13 and 11.1, and fails in every way',
      limit: 'an engine, or a clear error and nothing left',
      measure: () => cases('test/e2e/trtexec.test.ts', 'test/builder/build-engine.test.ts'),
    },
    {
      what: 'the model that stands for a TensorRT engine',
      limit: 'one EPContext node, which ONNX Runtime reads',
      measure: () => cases('test/graph/ep-context.test.ts'),
    },
    {
      what: 'start to first detection, with the engine in the cache',
      limit: '≤ 2 s',
      measure: async () => {
        const seconds = median((await started()).cached) / 1000;
        return { figure: `${seconds.toFixed(2)} s`, holds: seconds <= 2 };
      },
    },
    {
      what: 'start to first detection: engine from the cache / graph prepared at the start',
      limit: '≤ 1',
      measure: async () => {
        const { cached, cold, build } = await started();
        const ratio = median(cached) / median(cold);
        const first = median(cached) / (median(cached) + median(build));
        const figure = `${ratio.toFixed(2)}; ${first.toFixed(2)} against building the engine first`;
        return { figure, holds: ratio <= 1 };
      },
    },
  ];
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
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
