import { createHash } from 'node:crypto';
import t from 'tap';
import { parsePublicKey } from '../../dist/models/minisign-key.js';
import { makeSecretKey } from '../../dist/models/minisign-secret-key.js';
import { parseSignature } from '../../dist/models/minisign-signature.js';
import { checkContent, checkSignature } from '../../dist/models/minisign-verify.js';
import { CONTENT, KEY_ID, LEGACY_SIGNATURE, PUBLIC_KEY, SIGNATURE } from '../helpers/minisign-files.js';

const key = parsePublicKey(PUBLIC_KEY, 'key');
const other = makeSecretKey().publicKey;
const content = Buffer.from(CONTENT);

t.test('signatures that minisign made hold, in both forms, whichever of the keys made them', (t) => {
  t.strictSame(checkContent(parseSignature(SIGNATURE), content, [other, key]), {
    state: 'good',
    keyId: KEY_ID,
    comment: 'x=1',
  });
  t.match(checkContent(parseSignature(LEGACY_SIGNATURE), content, [key]), { state: 'good' });
  const prehash = createHash('blake2b512').update(content).digest();
  t.match(checkSignature(parseSignature(SIGNATURE), prehash, [key]), { state: 'good' });
  t.end();
});

t.test('every changed byte of content, signature, comment or comment signature is noticed', (t) => {
  const flipped = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] as number) ^ 1;
    return copy;
  };
  for (const text of [SIGNATURE, LEGACY_SIGNATURE]) {
    const good = parseSignature(text);
    for (let at = 0; at < content.length; at += 1)
      t.match(checkContent(good, flipped(content, at), [key]), { state: 'bad', of: 'content' });
    for (let at = 0; at < 64; at += 1) {
      const signature = { ...good, signature: flipped(good.signature, at) };
      t.match(checkContent(signature, content, [key]), { state: 'bad', of: 'content' });
      const global = { ...good, globalSignature: flipped(good.globalSignature, at) };
      t.match(checkContent(global, content, [key]), { state: 'bad', of: 'comment' });
    }
    t.match(checkContent({ ...good, comment: `${good.comment} ` }, content, [key]), {
      state: 'bad',
      of: 'comment',
    });
    t.match(checkContent({ ...good, hashed: !good.hashed }, content, [key]), { state: 'bad', of: 'content' });
  }
  t.end();
});

t.test(
  'a key that is not there is told from a signature that does not hold, and an id proves nothing',
  (t) => {
    t.strictSame(checkContent(parseSignature(SIGNATURE), content, [other]), {
      state: 'unknown_key',
      keyId: KEY_ID,
    });
    t.match(checkContent(parseSignature(SIGNATURE), content, []), { state: 'unknown_key' });
    const namesake = { ...other, id: KEY_ID };
    t.match(checkContent(parseSignature(SIGNATURE), content, [namesake]), { state: 'bad' });
    t.match(checkContent(parseSignature(SIGNATURE), content, [namesake, key]), { state: 'good' });
    t.end();
  },
);
