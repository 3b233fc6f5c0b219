/** What is wrong with the store, by what leveldb says. */
import t from 'tap';
import { StoreFault } from '../../../dist/publish/outbox/store-fault.js';

function thrown(code: string, message: string): Error {
  const cause = Object.assign(new Error(message), { code });
  return Object.assign(new Error('Database failed to open', { cause }), { code: 'LEVEL_DATABASE_NOT_OPEN' });
}

t.test('damage is told from all that may pass', async (t) => {
  for (const [code, message, expected] of [
    ['LEVEL_CORRUPTION', 'Corruption: CURRENT file does not end with newline', 'OUTBOX_CORRUPT'],
    ['LEVEL_CORRUPTION', 'Corruption: 3 missing files; e.g.: /s/000005.ldb', 'OUTBOX_CORRUPT'],
    ['LEVEL_IO_ERROR', 'IO error: /s/000005.ldb: Invalid argument', 'OUTBOX_CORRUPT'],
    ['LEVEL_IO_ERROR', 'IO error: /s/MANIFEST-000004: No such file or directory', 'OUTBOX_CORRUPT'],
    ['LEVEL_IO_ERROR', 'IO error: /s/LOCK: Read-only file system', 'OUTBOX_DISK'],
    ['LEVEL_IO_ERROR', 'IO error: /s/000003.log: No space left on device', 'OUTBOX_DISK'],
    ['LEVEL_IO_ERROR', 'IO error: /s/000003.log: Input/output error', 'OUTBOX_DISK'],
    ['EACCES', "EACCES: permission denied, mkdir '/s'", 'OUTBOX_DISK'],
  ] as const)
    t.equal(new StoreFault('/s', thrown(code, message)).code, expected, message);
});

t.test('one that somebody else has open is waited for', async (t) => {
  const fault = new StoreFault(
    '/s',
    thrown('LEVEL_LOCKED', 'IO error: lock /s/LOCK: already held by process'),
  );
  t.ok(fault.locked);
  t.match(fault.message, /used by another process/);
});

t.test('it says why, without the words of the library', async (t) => {
  const fault = new StoreFault('/s', thrown('LEVEL_IO_ERROR', 'IO error: /s/1.log: No space left on device'));
  t.equal(fault.message, 'The store of messages in /s cannot be used: /s/1.log: No space left on device.');
});
