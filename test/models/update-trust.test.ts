/** Trust as the updater asks for it: before anything is unpacked, and again with what is in the archive. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { emptySlot } from '../../dist/models/slot-record.js';
import { updateTrust } from '../../dist/models/update-trust.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { madeUpVersion, servingSlot } from '../helpers/model-slots.js';
import { packedVersion, wishFor } from '../helpers/update-rig.js';

const signal = new AbortController().signal;
/** A public key with an id of such bytes. */
function madeUpKey(id: number): string {
  const { publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return Buffer.concat([Buffer.from('Ed'), Buffer.alloc(8, id), raw]).toString('base64');
}

const bare = { signedBy: undefined, facts: null };

t.test('without keys the digest of the configuration vouches, and nothing else does', async (t) => {
  const { verify } = updateTrust({ keys: () => [], clock: new FakeClock() });
  const packed = await packedVersion(t.testdir(), '1.0.0');
  const fetched = { archivePath: packed.path, bytes: 1, sha256: packed.sha256, minisig: undefined };
  t.strictSame(await verify(fetched, wishFor(packed), emptySlot('people'), signal), bare);
  const other = createHash('sha256').update('another').digest('hex');
  const wish = wishFor(packed, { sha256: other });
  await t.rejects(verify(fetched, wish, emptySlot('people'), signal), { code: 'MODEL_DIGEST' });
});

t.test('with keys a signature is asked for, also of a version that lies in the store', async (t) => {
  const key = madeUpKey(7);
  const { verify, judge } = updateTrust({ keys: () => [key], clock: new FakeClock() });
  const packed = await packedVersion(t.testdir(), '1.0.0');
  const fetched = { archivePath: packed.path, bytes: 1, sha256: packed.sha256, minisig: undefined };
  const wish = wishFor(packed);
  await t.rejects(verify(fetched, wish, emptySlot('people'), signal), { code: 'MODEL_UNSIGNED' });
  await t.rejects(judge(madeUpVersion('1'), bare, wish, emptySlot('people')), { code: 'MODEL_UNTRUSTED' });
  const known = { signedBy: '0707070707070707', facts: 'timestamp:1' };
  await judge(madeUpVersion('1'), known, wish, emptySlot('people'));

  const stranger = { ...known, signedBy: '0808080808080808' };
  await t.rejects(judge(madeUpVersion('1'), stranger, wish, emptySlot('people')), {
    code: 'MODEL_UNTRUSTED',
  });
  const unread = updateTrust({ keys: () => [key, '/none/our.pub'], clock: new FakeClock() });
  await t.rejects(unread.judge(madeUpVersion('1'), stranger, wish, emptySlot('people')), {
    code: 'KEY_INVALID',
  });
});

t.test('its content is judged: age, name, classes; a clock that was never set waits', async (t) => {
  const clock = new FakeClock();
  const { judge } = updateTrust({ keys: () => [], clock });
  const wish = wishFor({ path: '/x', sha256: 'a'.repeat(64), bytes: 1 });
  const judged = (change: object) => judge(madeUpVersion('2', change), bare, wish, servingSlot('1'));
  await judged({});
  await t.rejects(judged({ version: '1.0.0' }), { code: 'MODEL_TOO_OLD' });
  await t.rejects(judged({ name: 'cars' }), { code: 'MODEL_OTHER' });
  await t.rejects(judged({ labels: ['car'] }), { code: 'MODEL_CLASSES' });
  const comment = `detectd=1 name=people version=1.2.0 sha256=${'2'.repeat(64)} signed=2030-01-01T00:00:00Z`;
  const early = { signedBy: '0707070707070707', facts: comment };
  const waits = judge(madeUpVersion('2'), early, wish, servingSlot('1'));
  t.equal(await waits.catch((error: { again?: string }) => error.again), 'later');
});

t.test('what stands for the keys changes with them, and not with their order or place', async (t) => {
  const clock = new FakeClock();
  const [one, two] = [madeUpKey(1), madeUpKey(2)];
  const file = join(t.testdir({ 'one.pub': `untrusted comment: one\n${one}\n` }), 'one.pub');
  const trust = (...keys: string[]) => updateTrust({ keys: () => keys, clock }).trust();
  t.match(await trust(), /^[0-9a-f]{32}$/);
  t.not(await trust(), await trust(one));
  t.not(await trust(one), await trust(one, two));
  t.equal(await trust(one, two), await trust(two, file));
  writeFileSync(file, `untrusted comment: two\n${two}\n`);
  t.equal(await trust(file), await trust(two), 'of a file its content counts');
  t.not(await trust('/nowhere/one.pub'), await trust());
});
