/** What is in a piece of either form. */
import t from 'tap';
import { pieceContent } from '../../dist/recording/piece-content.js';
import { madeUpPiece } from '../helpers/made-up-stream.js';

const span = { fromUs: 1_000_000, toUs: 2_000_000 };

t.test('of a stream what can be played, and how long that is', (t) => {
  const bytes = madeUpPiece({ from: 10, keys: [5] });
  const content = pieceContent({ form: 'ts', ...span }, Buffer.concat([bytes, Buffer.from([0x47, 1])]));
  t.equal(content?.bytes.length, bytes.length);
  t.equal(content?.secondsFromKey.toFixed(1), '0.4');
  t.equal(pieceContent({ form: 'ts', ...span }, Buffer.from('nothing')), undefined);
  t.end();
});

t.test('JPEGs begin anywhere, and one that is torn is left out', (t) => {
  const picture = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 0xff, 0xd9]);
  const torn = Buffer.concat([picture, picture, picture.subarray(0, 5)]);
  const content = pieceContent({ form: 'mjpg', ...span }, torn);
  t.match(content, { keyAt: 0, secondsFromKey: 1, firstTime: undefined });
  t.strictSame(Buffer.from(content?.bytes ?? []), Buffer.concat([picture, picture]));
  for (const foreign of [Buffer.alloc(0), Buffer.from('text'), picture.subarray(0, 4)]) {
    t.equal(pieceContent({ form: 'mjpg', ...span }, foreign), undefined);
  }
  t.end();
});
