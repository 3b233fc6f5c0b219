import t from 'tap';
import { trackId, trackNumbers } from '../../dist/core/track-id.js';

t.test('a name gives its number and 64 bits that no other has', async (t) => {
  const id = trackId('north-gate', '7f3c0a11', 12);
  t.equal(id, 'north-gate-7f3c0a11-12');
  t.same(trackNumbers(id), { number: 12, unique: ((0x7f3c0a11n << 32n) | 12n).toString() });
  t.not(trackNumbers(trackId('gate', '7f3c0a12', 12))?.unique, trackNumbers(id)?.unique);
});

t.test('names of another form have no number', async (t) => {
  for (const id of [
    '',
    '1',
    '-7f3c0a11-1',
    'gate-7f3c0a11-',
    'gate-7f3c0a11-0',
    'gate-b00t-1',
    'gate-7f3c0a11-1e3',
  ])
    t.equal(trackNumbers(id), undefined, id);
});
