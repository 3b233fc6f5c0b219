/** Signatures of documents, by the keys that the local file trusts. */
import { createHash } from 'node:crypto';
import t from 'tap';
import { documentVerifier } from '../../dist/models/desired-verify.js';
import { makeSecretKey } from '../../dist/models/minisign-secret-key.js';
import { signPrehash } from '../../dist/models/minisign-sign.js';

const signer = makeSecretKey();
const stranger = makeSecretKey();
const text = Buffer.from('{"version":1,"config":{}}');
const sign = (key: typeof signer, content: Buffer): string =>
  signPrehash(createHash('blake2b512').update(content).digest(), 'any comment', key);

t.test('one of the keys must have signed exactly this', async (t) => {
  const verify = await documentVerifier(['missing.pub', stranger.publicKey.text, signer.publicKey.text]);
  t.equal(verify(text, sign(signer, text)), signer.publicKey.id);
  const only = await documentVerifier([signer.publicKey.text]);
  t.throws(() => only(text, sign(stranger, text)), { message: /key [0-9A-F]{16} is not trusted here/i });
  t.throws(() => only(Buffer.from('{}'), sign(signer, text)), { message: 'it is not of this document' });
  t.throws(() => only(text, sign(signer, text).replace('any comment', 'another')), {
    message: 'it is not of this comment',
  });
  for (const junk of ['', 'x', 'untrusted comment: x\n', 'x'.repeat(100_000)])
    t.throws(() => only(text, junk), { code: 'MODEL_BAD_SIGNATURE' });
});
