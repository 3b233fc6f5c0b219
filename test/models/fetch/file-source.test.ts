/** Archives from files: copied as they are, begun anew when they change, refused when they are none. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fetchModel } from '../../../dist/models/fetch/fetch-model.js';
import { archive, fetchOptions, partBytes, sha256, target } from '../../helpers/fetching.js';

const CONTENT = archive(1_000_000);

t.test('a file and its signature are copied', async (t) => {
  const path = join(t.testdir({ 'a.tar.gz': '' }), 'a.tar.gz');
  writeFileSync(path, CONTENT);
  const options = { ...fetchOptions(t), wantSignature: true };
  const wanted = target({ kind: 'file', path }, CONTENT);
  const fetched = await fetchModel(wanted, options);
  t.match(fetched, { sha256: sha256(CONTENT), bytes: CONTENT.length, minisig: undefined, doubtful: false });
  t.ok(readFileSync(fetched.archivePath).equals(CONTENT));
  writeFileSync(`${path}.minisig`, 'signed');
  t.equal((await fetchModel(wanted, { ...options, fresh: true })).minisig, 'signed');
  writeFileSync(`${path}.minisig`, 'x'.repeat(5000));
  await t.rejects(fetchModel(wanted, { ...options, fresh: true }), { code: 'UPDATE_TOO_LARGE' });
});

t.test('what was copied is gone on with while the file stays the same', async (t) => {
  const path = join(t.testdir({ 'a.tar.gz': '' }), 'a.tar.gz');
  writeFileSync(path, CONTENT);
  const options = fetchOptions(t);
  const source = { kind: 'file', path } as const;
  const half = async (): Promise<void> => {
    const stop = new AbortController();
    const onProgress = (): void => {
      if (partBytes(options.folder, source) >= 500_000) stop.abort(new Error('enough'));
    };
    const told = {
      ...options,
      signal: stop.signal,
      onProgress,
      clock: { ...options.clock, monotonicUs: ticking() },
    };
    await t.rejects(fetchModel(target(source), told), /enough/);
  };
  await half();
  t.ok(partBytes(options.folder, source) >= 500_000);
  t.match(await fetchModel(target(source), options), { sha256: sha256(CONTENT), doubtful: true });
  rmSync(options.folder, { recursive: true });
  await half();
  const other = archive(900_000, 'other');
  writeFileSync(path, other);
  t.match(await fetchModel(target(source), options), { sha256: sha256(other), doubtful: false });
});

/** Each look at the clock is a second later, so that all progress is told. */
function ticking(): () => number {
  let us = 0;
  return () => {
    us += 1_000_000;
    return us;
  };
}

t.test('what is no archive is told of', async (t) => {
  const folder = t.testdir({});
  const fault = (path: string) =>
    fetchModel(target({ kind: 'file', path }), fetchOptions(t)).catch((error) => error);
  t.match(await fault(join(folder, 'none')), {
    code: 'UPDATE_FETCH',
    again: 'later',
    message: /does not exist/,
  });
  mkdirSync(join(folder, 'bundle'));
  t.match(await fault(join(folder, 'bundle')), { message: /no regular file/, hint: /without "file:"/ });
  t.match(await fault('/dev/zero'), { message: /no regular file/ });
});

t.test('a file that changes while it is copied is copied again', async (t) => {
  const path = join(t.testdir({ 'a.tar.gz': '' }), 'a.tar.gz');
  writeFileSync(path, CONTENT);
  const other = archive(800_000, 'other');
  const options = fetchOptions(t);
  let changed = false;
  const makeRoom = async (): Promise<void> => {
    if (!changed) writeFileSync(path, other);
    changed = true;
  };
  const fetched = await fetchModel(target({ kind: 'file', path }), { ...options, makeRoom });
  t.equal(fetched.sha256, sha256(other));
});
