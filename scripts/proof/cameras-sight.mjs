/** What it costs to see that a picture is frozen or black. A line of `scripts/prove cameras`. */
import { randomFillSync } from 'node:crypto';
import { PictureWatch } from '../../dist/capture/picture-watch.js';

const SIZE = { width: 640, height: 640 };
const CHANNELS = 3;
const LIMIT_MS = 0.1;
/** Of a camera with 30 pictures a second. */
const INTERVAL_US = 33_333;

export function run({ short = false } = {}) {
  return [
    {
      what: 'frozen or black: time per picture of 640×640, pictures that change, and the same again and again',
      limit: `≤ ${LIMIT_MS} ms`,
      measure: async () => {
        const rounds = short ? 1000 : 10_000;
        const [moving, still] = [cost(pictures(8), rounds), cost(pictures(1), rounds)];
        const told = (ms) => `${ms.toFixed(4)} ms`;
        return { figure: `${told(moving)}, ${told(still)}`, holds: Math.max(moving, still) <= LIMIT_MS };
      },
    },
  ];
}

function pictures(count) {
  return Array.from({ length: count }, () =>
    randomFillSync(new Uint8Array(SIZE.width * SIZE.height * CHANNELS)),
  );
}

function cost(all, rounds) {
  const watch = new PictureWatch({ frozenAfterMs: 4000, blackAfterMs: 3000, channels: CHANNELS });
  const begin = performance.now();
  for (let round = 0; round < rounds; round += 1)
    watch.look({ data: all[round % all.length], ...SIZE }, round * INTERVAL_US);
  return (performance.now() - begin) / rounds;
}
