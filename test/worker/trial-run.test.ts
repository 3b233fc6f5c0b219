/** A new version is run on its samples and in turns with the one that serves. */
import t from 'tap';
import type { TrialPicture } from '../../dist/worker/trial-pictures.js';
import { foundAgain, runSamples, type TrialModel, timeInTurns } from '../../dist/worker/trial-run.js';

const BOX = { x1: 0, y1: 0, x2: 10, y2: 10 };
const sample = (score: number, x1 = 0) => ({
  ...{ label: 'thing', label_id: 0, score },
  box: [x1, 0, x1 + 10, 10] as [number, number, number, number],
});
const detection = (x1 = 0) => ({ label: 'thing', labelId: 0, score: 0.9, box: { ...BOX, x1, x2: x1 + 10 } });

function picture(name: string, expected: TrialPicture['expected']): TrialPicture {
  const data = new Uint8Array(3);
  return { name, expected, picture: { width: 1, height: 1, sourceWidth: 1, sourceHeight: 1, data } };
}

/** Takes so many milliseconds and finds one thing. */
function model(ms: number): TrialModel & { runs: number } {
  return {
    runs: 0,
    async run() {
      this.runs += 1;
      return { detections: [detection()], faint: [], inferMs: ms - 1, decodeMs: 1 };
    },
  };
}

t.test('what a publisher is sure of is looked for', async (t) => {
  t.strictSame(foundAgain([sample(0.9), sample(0.55, 50)], [detection(2)], 0.5), { expected: 1, found: 1 });
  t.strictSame(foundAgain([sample(0.9), sample(0.8, 50)], [detection(2)], 0.5), { expected: 2, found: 1 });
});

t.test('each sample is told for itself, other pictures are only run', async (t) => {
  const done: number[] = [];
  const pictures = [picture('a.jpg', [sample(0.9)]), picture('grey', undefined)];
  t.strictSame(await runSamples(model(5), pictures, 0.5, (count) => done.push(count)), [
    { image: 'a.jpg', expected: 1, found: 1 },
  ]);
  t.strictSame(done, [1, 2]);
});

t.test('both have their turns, for so long and no longer', async (t) => {
  const [next, active] = [model(30), model(10)];
  const pictures = [picture('grey', undefined)];
  let now = 0;
  let size = 0;
  const timing = await timeInTurns(
    { model: next, pictures },
    { model: active, pictures },
    {
      rss: () => {
        size += 1;
        return size;
      },
      nowMs: () => {
        now += 1000;
        return now;
      },
      onDone: () => {},
    },
  );
  t.equal(timing.ms, 30);
  t.equal(timing.activeMs, 10);
  t.equal(next.runs, active.runs);
  t.equal(timing.runs, 26, 'a dozen in any case, then until the time is over');
  t.equal(timing.rssBytes.length, 8);
  t.ok((timing.rssBytes[7] ?? 0) > (timing.rssBytes[0] ?? 0));
});

t.test(
  'a slow model has a few turns in any case, a fast one not too many, and alone it is fine',
  async (t) => {
    const pictures = [picture('grey', undefined)];
    const run = (stepMs: number) => {
      let now = 0;
      return timeInTurns({ model: model(1), pictures }, undefined, {
        rss: () => 1,
        nowMs: () => {
          now += stepMs;
          return now;
        },
        onDone: () => {},
      });
    };
    t.match(await run(1e6), { runs: 12, activeMs: undefined });
    t.match(await run(0), { runs: 240 });
  },
);
