import { createHash } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { parsePublicKey } from '../../dist/models/minisign-key.js';
import { makeSecretKey, type SecretKey } from '../../dist/models/minisign-secret-key.js';
import { signPrehash } from '../../dist/models/minisign-sign.js';
import { verifyArchive } from '../../dist/models/trust-archive.js';
import { claimComment } from '../../dist/models/trust-comment.js';
import type { ConfiguredKey } from '../../dist/models/trust-keys.js';
import { CONTENT, KEY_ID, LEGACY_SIGNATURE, PUBLIC_KEY, SIGNATURE } from '../helpers/minisign-files.js';

const SHA = createHash('sha256').update(CONTENT).digest('hex');
const trusted = (...keys: SecretKey[]): ConfiguredKey[] =>
  keys.map(({ publicKey: key }) => ({ entry: key.text, key, problem: undefined }));
const minisigns: ConfiguredKey[] = [
  { entry: PUBLIC_KEY, key: parsePublicKey(PUBLIC_KEY, 'key'), problem: undefined },
];
const signed = (key: SecretKey, comment: string, content: string | Buffer = CONTENT) =>
  signPrehash(createHash('blake2b512').update(content).digest(), comment, key);
const archive = (t: Test) => join(t.testdir({ 'a.tar.gz': CONTENT }), 'a.tar.gz');

t.test('digest and signature hold, in both forms of minisign', async (t) => {
  const path = archive(t);
  const seen: number[] = [];
  const onProgress = (bytes: number) => void seen.push(bytes);
  t.strictSame(await verifyArchive(path, SHA, SIGNATURE, minisigns, { onProgress }), {
    sha256: SHA,
    bytes: 6,
    signature: { keyId: KEY_ID, comment: 'x=1', claim: undefined },
  });
  t.strictSame(seen, [6]);
  t.match(await verifyArchive(path, undefined, LEGACY_SIGNATURE, minisigns), {
    signature: { keyId: KEY_ID },
  });
  t.strictSame(await verifyArchive(path, SHA, undefined, []), {
    sha256: SHA,
    bytes: 6,
    signature: undefined,
  });
  t.strictSame(
    await verifyArchive(path, SHA, 'nonsense', []),
    { sha256: SHA, bytes: 6, signature: undefined },
    'without keys nobody asks for a signature',
  );
});

t.test('each of several keys may have signed, as while they are changed', async (t) => {
  const path = archive(t);
  const [old, next] = [makeSecretKey(), makeSecretKey()];
  for (const key of [old, next]) {
    const { signature } = await verifyArchive(path, undefined, signed(key, 'x'), trusted(old, next));
    t.equal(signature?.keyId, key.publicKey.id);
  }
  await t.rejects(verifyArchive(path, SHA, signed(old, 'x'), trusted(next)), {
    code: 'MODEL_UNTRUSTED',
    message: new RegExp(old.publicKey.id),
  });
});

t.test('what the signer says of the model is read, and must be of this archive', async (t) => {
  const path = archive(t);
  const key = makeSecretKey();
  const claim = { name: 'people', version: '1.3', sha256: SHA, signedMs: 0, expiresMs: undefined };
  const verified = await verifyArchive(path, undefined, signed(key, claimComment(claim)), trusted(key));
  t.strictSame(verified.signature?.claim, claim);
  const other = claimComment({ ...claim, sha256: 'b'.repeat(64) });
  await t.rejects(verifyArchive(path, undefined, signed(key, other), trusted(key)), {
    code: 'MODEL_BAD_SIGNATURE',
    message: /another one/,
  });
  await t.rejects(verifyArchive(path, undefined, signed(key, 'detectd=1 name=x'), trusted(key)), {
    code: 'MODEL_BAD_SIGNATURE',
  });
});

t.test('every way not to hold has its code', async (t) => {
  const path = archive(t);
  const key = makeSecretKey();
  const good = signed(key, 'x');
  const unread: ConfiguredKey = {
    entry: 'x.pub',
    key: undefined,
    problem: new DetectdError('KEY_INVALID', 'It is not there.'),
  };
  const wrong = 'c'.repeat(64);
  const cases: [string, string | undefined, string | undefined, ConfiguredKey[], string][] = [
    ['another digest', wrong, undefined, [], 'MODEL_DIGEST'],
    ['a good signature and another digest', wrong, good, trusted(key), 'MODEL_DIGEST'],
    ['no signature', SHA, undefined, trusted(key), 'MODEL_UNSIGNED'],
    ['no signature, and no key that can be read', SHA, undefined, [unread], 'MODEL_UNSIGNED'],
    ['no signature but a page of a server', SHA, '<html>', trusted(key), 'MODEL_BAD_SIGNATURE'],
    ['a signature of something else', SHA, signed(key, 'x', 'hullo\n'), trusted(key), 'MODEL_BAD_SIGNATURE'],
    ['a changed comment', SHA, good.replace('comment: x', 'comment: y'), trusted(key), 'MODEL_BAD_SIGNATURE'],
    ['a stranger', SHA, good, minisigns, 'MODEL_UNTRUSTED'],
    ['a key that cannot be read', SHA, good, [...minisigns, unread], 'KEY_INVALID'],
  ];
  for (const [name, sha256, minisig, keys, code] of cases)
    await t.rejects(verifyArchive(path, sha256, minisig, keys), { code }, name);
  t.match(
    await verifyArchive(path, SHA, good, [unread, ...trusted(key)]),
    { sha256: SHA },
    'others still count',
  );
});

t.test('what is no archive file is told, and size and patience are bounded', async (t) => {
  const path = archive(t);
  const folder = join(path, '..');
  await t.rejects(verifyArchive(join(folder, 'none'), SHA, undefined, []), { code: 'BUNDLE_NOT_FOUND' });
  await t.rejects(verifyArchive(folder, SHA, undefined, []), { code: 'BUNDLE_NOT_FOUND' });
  await t.rejects(verifyArchive(path, SHA, undefined, [], { maxBytes: 5 }), { code: 'UPDATE_TOO_LARGE' });
  const signal = AbortSignal.abort(new Error('enough'));
  await t.rejects(verifyArchive(path, SHA, undefined, [], { signal }), { message: 'enough' });
});

t.test('a signature of the old form over a large archive is refused before it is held', async (t) => {
  const folder = t.testdir({});
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'large.tar.gz');
  writeFileSync(path, '');
  truncateSync(path, 65 * 2 ** 20);
  await t.rejects(verifyArchive(path, undefined, LEGACY_SIGNATURE, minisigns), {
    code: 'MODEL_BAD_SIGNATURE',
    hint: /-S -H/,
  });
});
