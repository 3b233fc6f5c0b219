import t from 'tap';
import { Candidates } from '../../../dist/inference/decoders/candidates.js';

t.test('buffers grow and keep what was in them', async (t) => {
  const candidates = new Candidates();
  for (let i = 0; i < 5000; i += 1)
    candidates.add(i % 7, i / 5000, candidates.addBox(i, i + 1, i + 2, i + 3));
  t.equal(candidates.count, 5000);
  t.equal(candidates.boxCount, 5000);
  t.same(
    [candidates.label[1023], candidates.score[1023], candidates.box[1023]],
    [1, Math.fround(1023 / 5000), 1023],
  );
  t.same([...candidates.boxes.subarray(4999 * 4, 5000 * 4)], [4999, 5000, 5001, 5002]);
});

t.test('clearing forgets, and keeps the room', async (t) => {
  const candidates = new Candidates();
  for (let i = 0; i < 3000; i += 1) candidates.add(0, 1, candidates.addBox(0, 0, 1, 1));
  const { boxes } = candidates;
  candidates.clear();
  t.same([candidates.count, candidates.boxCount], [0, 0]);
  t.equal(candidates.addBox(1, 2, 3, 4), 0);
  t.equal(candidates.boxes, boxes);
});
