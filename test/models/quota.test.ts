/** Room for another version: what goes for it, and when there is none. */
import t from 'tap';
import { makeRoom, RESERVE_BYTES } from '../../dist/models/quota.js';

const MB = 1e6;
const stored = (archive: string, adopted: string, kept = false) => ({
  archive,
  bytes: 100 * MB,
  adopted,
  kept,
});
const room = { archiveBytes: 100 * MB, haveBytes: 0, quotaBytes: 400 * MB, freeBytes: 10_000 * MB };

t.test('the oldest that nothing needs go first, and no more than have to', (t) => {
  const all = [stored('new', '2026-03'), stored('old', '2026-01'), stored('kept', '2025-01', true)];
  t.strictSame(makeRoom({ ...room, stored: all }), ['old']);
  t.strictSame(makeRoom({ ...room, stored: all.slice(0, 1) }), []);
  t.strictSame(makeRoom({ ...room, quotaBytes: 300 * MB, stored: all }), ['old', 'new']);
  t.end();
});

t.test('what serves, can be called back or is being tried never goes', (t) => {
  const all = [stored('a', '1', true), stored('b', '2', true), stored('c', '3', true)];
  t.throws(() => makeRoom({ ...room, stored: all }), {
    code: 'UPDATE_NO_SPACE',
    message: /150\.0 MB.*400\.0 MB/,
  });
  t.end();
});

t.test('the disk keeps a reserve; what is there already counts', (t) => {
  const freeBytes = RESERVE_BYTES + 200 * MB;
  t.throws(() => makeRoom({ ...room, freeBytes, stored: [] }), {
    code: 'UPDATE_NO_SPACE',
    message: /free disk/,
  });
  t.strictSame(makeRoom({ ...room, freeBytes, haveBytes: 50 * MB, stored: [] }), []);
  t.strictSame(makeRoom({ ...room, freeBytes, stored: [stored('old', '1')] }), ['old']);
  t.end();
});
