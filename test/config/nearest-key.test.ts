/** What "did you mean" finds. */
import t from 'tap';
import { editDistance, nearestKey } from '../../dist/config/nearest-key.js';

t.test('mistyped words find theirs, others nothing', (t) => {
  const known = ['source', 'model', 'enabled', 'fps', 'every_frame', 'rtsp_transport'];
  const words: [string, string | undefined][] = [
    ['modle', 'model'],
    ['Source', 'source'],
    ['everyFrame', 'every_frame'],
    ['every-frame', 'every_frame'],
    ['rtsp_trasnport', 'rtsp_transport'],
    ['fp', 'fps'],
    ['threshold', undefined],
    ['x', undefined],
    ['', undefined],
    ['m'.repeat(100_000), undefined],
  ];
  for (const [word, nearest] of words) t.equal(nearestKey(word, known), nearest, word.slice(0, 20));
  t.equal(nearestKey('peple', ['People', 'people']), 'people');
  t.equal(nearestKey('x', []), undefined);
  t.end();
});

t.test('edits are counted', (t) => {
  const pairs: [string, string, number][] = [
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['kitten', 'sitting', 3],
  ];
  for (const [a, b, edits] of pairs) {
    t.equal(editDistance(a, b), edits);
    t.equal(editDistance(b, a), edits);
  }
  t.end();
});
