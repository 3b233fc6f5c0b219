/** Names of pieces: those that a pipeline gives are understood, all others are none. */
import t from 'tap';
import { parsePiece, piecePattern } from '../../dist/core/recording.js';

t.test('a name that a pipeline gives is understood', (t) => {
  t.equal(piecePattern('a1x2', 'ts'), 'a1x2-%06d.ts');
  t.strictSame(parsePiece('a1x2-000007.ts'), { run: 'a1x2', index: 7, form: 'ts' });
  t.strictSame(parsePiece('a-1234567.mjpg'), { run: 'a', index: 1_234_567, form: 'mjpg' });
  t.end();
});

t.test('other names are none', (t) => {
  const names = ['', '.', '..', 'a-1.ts', 'A-000001.ts', '../a-000001.ts', 'a-000001.ts.part', 'a-00000x.ts'];
  for (const name of [...names, 'a b-000001.ts', `${'a'.repeat(41)}-000001.ts`, 'a-000001.mp4']) {
    t.equal(parsePiece(name), undefined, name);
  }
  t.end();
});
