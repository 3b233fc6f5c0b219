/**
 * Which fault comes when: each kind equally often, in an order that follows from the seed. Workers are killed in the
 * first half of the run only, so that one worker lives through all of the second half and its memory can be judged.
 */
import { Prng } from '../../dist/scene/prng.js';

export const KINDS = ['worker', 'broker', 'camera', 'reload'];
/** One after the other; what a camera added is, the next but one removes. */
export const RELOADS = ['broken file', 'camera added', 'threshold', 'camera removed', 'frame rate'];

/** The kind of each of `count` faults. */
export function schedule(count, seed, kinds = KINDS) {
  const all = Array.from({ length: count }, (_, index) => kinds[index % kinds.length]);
  const prng = new Prng(seed);
  const kills = all.filter((kind) => kind === 'worker');
  const others = shuffled(
    all.filter((kind) => kind !== 'worker'),
    prng,
  );
  const half = Math.max(kills.length, Math.ceil(count / 2));
  const second = others.splice(half - kills.length);
  return [...shuffled([...kills, ...others], prng), ...second];
}

function shuffled(list, prng) {
  const places = [...list];
  for (let at = places.length - 1; at > 0; at -= 1) {
    const other = prng.index(at + 1);
    [places[at], places[other]] = [places[other], places[at]];
  }
  return places;
}
