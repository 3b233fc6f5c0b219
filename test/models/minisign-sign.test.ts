import { createHash } from 'node:crypto';
import t from 'tap';
import { parseSecretKey } from '../../dist/models/minisign-secret-key.js';
import { signPrehash } from '../../dist/models/minisign-sign.js';
import { CONTENT, SECRET_KEY_FILE, SIGNATURE } from '../helpers/minisign-files.js';

t.test('a signature is, byte for byte, the one that minisign makes', async (t) => {
  const key = await parseSecretKey(SECRET_KEY_FILE, undefined);
  const prehash = createHash('blake2b512').update(CONTENT).digest();
  t.equal(signPrehash(prehash, 'x=1', key), SIGNATURE);
});
