/** Documents on disk: whole or not at all, for nobody else to read. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DesiredStore } from '../../dist/models/desired-store.js';

const KEPT = { device: 'dock-3', taken: '{"version":1}', offered: undefined, tries: 0 };

t.test('what is kept comes back, by scope', async (t) => {
  const folder = join(t.testdir(), 'state/desired');
  const store = new DesiredStore(folder);
  t.equal(await store.load('fleet'), undefined);
  await store.save('fleet', KEPT);
  await store.save('device', { ...KEPT, offered: '{"version":2}', tries: 2 });
  const again = new DesiredStore(folder);
  t.strictSame(await again.load('fleet'), KEPT);
  t.match(await again.load('device'), { offered: '{"version":2}', tries: 2 });
  t.equal(statSync(join(folder, 'fleet.json')).mode & 0o777, 0o600);
  await again.remove('fleet');
  await again.remove('fleet');
  t.strictSame(readdirSync(folder), ['device.json']);
});

t.test('a file that was cut, zeroed or changed is set aside', async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'fleet.json');
  const store = new DesiredStore(folder);
  await store.save('fleet', KEPT);
  const good = readFileSync(file);
  const bad = [
    good.subarray(0, good.length / 2),
    Buffer.alloc(good.length),
    Buffer.from('{}'),
    Buffer.from('null'),
  ];
  bad.push(Buffer.from(good.toString().replace('dock-3', 'dock-4')));
  for (const bytes of bad) {
    writeFileSync(file, bytes);
    await t.rejects(store.load('fleet'), { code: 'UPDATE_STORE' });
    t.strictSame(readdirSync(folder), ['fleet.json.bad']);
    t.equal(await store.load('fleet'), undefined);
  }
});

t.test('a folder that cannot be written is said', async (t) => {
  const folder = join(t.testdir({ file: '' }), 'file', 'desired');
  const store = new DesiredStore(folder);
  await t.rejects(store.save('fleet', KEPT), {
    code: 'UPDATE_STORE',
    message: /cannot be written \(ENOTDIR\)/,
  });
  await t.rejects(store.load('fleet'), { code: 'UPDATE_STORE', message: /cannot be read \(ENOTDIR\)/ });
  await t.rejects(store.remove('fleet'), { code: 'UPDATE_STORE' });
});
