import { createHash } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { digestArchive } from '../../dist/models/trust-digests.js';

const TEXT = 'hello\n'.repeat(30_000);

t.test('one pass gives all that vouches for a file, piece by piece', async (t) => {
  const path = join(t.testdir({ a: TEXT }), 'a');
  const sha256 = createHash('sha256').update(TEXT).digest('hex');
  const seen: number[] = [];
  const onProgress = (bytes: number) => void seen.push(bytes);
  const found = await digestArchive(path, { message: 'prehash', maxBytes: 1e6, onProgress });
  t.equal(found.sha256, sha256);
  t.equal(found.bytes, TEXT.length);
  t.strictSame(found.message, createHash('blake2b512').update(TEXT).digest());
  t.ok(seen.length > 1 && seen.at(-1) === TEXT.length);
  t.equal((await digestArchive(path, { message: 'content', maxBytes: 1e6 })).message.toString(), TEXT);
  t.strictSame(await digestArchive(path, { message: 'none', maxBytes: 1e6 }), {
    ...found,
    message: Buffer.alloc(0),
  });
});

t.test('size and patience are bounded, and what is missing is told', async (t) => {
  const folder = t.testdir({ a: TEXT, large: '' });
  const path = join(folder, 'a');
  const none = { message: 'none', maxBytes: 1e6 } as const;
  await t.rejects(digestArchive(path, { ...none, maxBytes: 1000 }), { code: 'UPDATE_TOO_LARGE' });
  await t.rejects(digestArchive(join(folder, 'none'), none), {
    code: 'BUNDLE_NOT_FOUND',
    message: /does not exist/,
  });
  await t.rejects(digestArchive(folder, none), { code: 'BUNDLE_NOT_FOUND' });
  await t.rejects(digestArchive('/dev/zero', none), {
    code: 'BUNDLE_NOT_FOUND',
    message: /not a regular file/,
  });
  const stop = new AbortController();
  const onProgress = () => stop.abort(new Error('enough'));
  await t.rejects(digestArchive(path, { ...none, signal: stop.signal, onProgress }), { message: 'enough' });
  const large = join(folder, 'large');
  truncateSync(large, 65 * 2 ** 20);
  await t.rejects(digestArchive(large, { message: 'content', maxBytes: 1e9 }), {
    code: 'MODEL_BAD_SIGNATURE',
    hint: /-S -H/,
  });
});
