import t from 'tap';
import { Candidates } from '../../../dist/inference/decoders/candidates.js';
import { ClassNms, type ClassNmsOptions } from '../../../dist/inference/decoders/class-nms.js';

const nms = (changes: Partial<ClassNmsOptions> = {}) =>
  new ClassNms({ classes: 2, iouThreshold: 0.5, enterPerClass: 0, keepPerClass: 0, keep: 0, ...changes });
/** [label, score, x] each: squares of 10 pixels. */
function found(entries: [number, number, number][]): Candidates {
  const candidates = new Candidates();
  for (const [label, score, x] of entries) candidates.add(label, score, candidates.addBox(x, 0, x + 10, 10));
  return candidates;
}
const told = (it: ClassNms, candidates: Candidates) =>
  it.suppress(candidates).map(({ labelId, score, place }) => [labelId, Math.round(score * 10), place]);

t.test('a box goes when a better one of its class covers it, classes apart', async (t) => {
  const entries = found([
    [0, 0.5, 0],
    [0, 0.9, 1],
    [1, 0.7, 1],
    [0, 0.8, 40],
  ]);
  t.same(told(nms(), entries), [
    [0, 9, 1],
    [0, 8, 3],
    [1, 7, 2],
  ]);
});

t.test('the same numbers give the same, picture after picture', async (t) => {
  const it = nms();
  const entries = found([
    [0, 0.5, 0],
    [0, 0.9, 1],
    [1, 0.7, 1],
  ]);
  const first = told(it, entries);
  told(it, found([[1, 0.3, 90]]));
  t.same(told(it, entries), first);
});

t.test('only so many enter, stay in a class, and stay at all', async (t) => {
  const entries = found([
    [0, 0.9, 0],
    [0, 0.8, 1],
    [0, 0.7, 40],
    [1, 0.6, 80],
    [0, 0.5, 120],
  ]);
  t.same(
    told(nms({ enterPerClass: 2 }), entries),
    [
      [0, 9, 0],
      [1, 6, 3],
    ],
    'the second enters and goes',
  );
  t.same(told(nms({ keepPerClass: 1 }), entries), [
    [0, 9, 0],
    [1, 6, 3],
  ]);
  t.same(told(nms({ keep: 2 }), entries), [
    [0, 9, 0],
    [0, 7, 2],
  ]);
});

t.test('several classes of one box stay', async (t) => {
  const candidates = new Candidates();
  const box = candidates.addBox(0, 0, 10, 10);
  candidates.add(0, 0.6, box);
  candidates.add(1, 0.4, box);
  t.same(told(nms(), candidates), [
    [0, 6, 0],
    [1, 4, 0],
  ]);
});

t.test('nothing found is nothing kept, and thousands are no matter', async (t) => {
  t.same(told(nms(), new Candidates()), []);
  const many = found(Array.from({ length: 5000 }, (_, at) => [0, 0.5, at * 20] as [number, number, number]));
  t.equal(nms().suppress(many).length, 5000);
});
