import t from 'tap';
import {
  makeSecretKey,
  parseSecretKey,
  secretKeyFile,
  wantsPassword,
} from '../../dist/models/minisign-secret-key.js';
import { PUBLIC_KEY, PUBLIC_KEY_FILE, SECRET_KEY_FILE, SIGNATURE } from '../helpers/minisign-files.js';

/** Little, for tests. */
const COST = { operations: 32_768, memory: 1_048_576 };

t.test('a key that minisign made without a password is read and written as it was', async (t) => {
  t.notOk(wantsPassword(SECRET_KEY_FILE));
  const key = await parseSecretKey(SECRET_KEY_FILE, undefined);
  t.equal(key.publicKey.text, PUBLIC_KEY);
  t.equal(await secretKeyFile(key, undefined), SECRET_KEY_FILE);
});

t.test('a password locks a key, and it alone opens it', async (t) => {
  const key = makeSecretKey();
  const file = await secretKeyFile(key, 'pässword', COST);
  t.ok(wantsPassword(file));
  t.equal((await parseSecretKey(file, 'pässword')).publicKey.text, key.publicKey.text);
  t.notMatch(file, (await secretKeyFile(key, undefined)).slice(-60));
  await t.rejects(parseSecretKey(file, 'password'), { code: 'KEY_INVALID', message: /does not open/ });
  await t.rejects(parseSecretKey(file, ''), { code: 'KEY_INVALID', message: /does not open/ });
  await t.rejects(parseSecretKey(file, undefined), { code: 'KEY_INVALID', hint: /--password-file/ });
  t.not(await secretKeyFile(key, 'pässword', COST), file, 'a salt of its own each time');
});

t.test('other costs of guessing are read back', async (t) => {
  const key = makeSecretKey();
  for (const cost of [
    { operations: 1_048_576, memory: 1_048_576 },
    { operations: 65_536, memory: 2 ** 30 },
    { operations: 1, memory: 2 ** 20 },
  ])
    t.equal((await parseSecretKey(await secretKeyFile(key, 'x', cost), 'x')).publicKey.id, key.publicKey.id);
});

t.test('every pair is another one', (t) => {
  const [a, b] = [makeSecretKey(), makeSecretKey()];
  t.not(a.publicKey.id, b.publicKey.id);
  t.not(a.publicKey.text.slice(-40), b.publicKey.text.slice(-40));
  t.end();
});

const body = SECRET_KEY_FILE.split('\n')[1] as string;
/** The key with bytes of it replaced. */
const changed = (at: number, bytes: Buffer | string) => {
  const all = Buffer.from(body, 'base64');
  Buffer.from(bytes as string, 'latin1').copy(all, at);
  return `untrusted comment: x\n${all.toString('base64')}\n`;
};

const MALFORMED: Record<string, [string, RegExp]> = {
  nothing: ['', /no secret key/],
  'a public key': [PUBLIC_KEY_FILE, /is a public key/],
  'a signature': [SIGNATURE, /no secret key/],
  'a cut key': [`untrusted comment: x\n${body.slice(0, 200)}\n`, /no secret key/],
  'another kind of key': [changed(0, 'Ec'), /no secret key/],
  'another checksum': [changed(4, 'XX'), /no secret key/],
  'a changed seed': [changed(54 + 8, 'evil'), /is damaged/],
  'a changed public half': [changed(54 + 8 + 40, 'evil'), /is damaged/],
  'a checksum that does not fit': [changed(54 + 8 + 64, 'evil'), /is damaged/],
};
for (const [name, [text, message]] of Object.entries(MALFORMED)) {
  t.test(`${name} is no secret key`, async (t) => {
    await t.rejects(parseSecretKey(text, undefined), { code: 'KEY_INVALID', message });
  });
}

t.test('a file that asks for more memory than there is is refused at once', async (t) => {
  const file = await secretKeyFile(makeSecretKey(), 'x', COST);
  const all = Buffer.from(file.split('\n')[1] as string, 'base64');
  for (const [operations, memory] of [
    [2n ** 63n, 2n ** 63n],
    [2n ** 40n, 2n ** 34n],
    [0xffffffffffffffffn, 0n],
  ] as const) {
    all.writeBigUInt64LE(operations, 38);
    all.writeBigUInt64LE(memory, 46);
    const hostile = `untrusted comment: x\n${all.toString('base64')}\n`;
    await t.rejects(parseSecretKey(hostile, 'x'), { code: 'KEY_INVALID' });
  }
});
