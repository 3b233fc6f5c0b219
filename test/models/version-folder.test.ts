/** The folder of a version: whole or not there, and nothing else is believed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import * as folder from '../../dist/models/version-folder.js';
import { AT, sha } from '../helpers/model-slots.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { corrupt, packedVersion } from '../helpers/update-rig.js';

const vouched = { signedBy: '0123456789ABCDEF', facts: 'detectd=1' };
const adoptionOf = ({ path, sha256 }: { path: string; sha256: string }) => ({
  ...{ archivePath: path, sha256, vouched },
  ...{ model: 'people', key: 'k', adopted: AT },
});

t.test('an archive becomes a folder that is whole, and is believed only while it is', async (t) => {
  const versions = t.testdir();
  const packed = await packedVersion(versions, '1.0.0');
  const adoption = adoptionOf(packed);
  const kept = await folder.adoptVersion(versions, adoption);
  t.match(kept.version, { version: '1.0.0', name: 'people', archive: packed.sha256, labels: ['thing'] });
  t.equal(kept.version.signedBy, vouched.signedBy);
  t.ok(kept.version.bytes > 500);
  t.strictSame(await folder.readKept(versions, packed.sha256), kept);
  await folder.confirmKept(versions, packed.sha256, AT);
  t.equal((await folder.readKept(versions, packed.sha256)).confirmed, AT);
  await folder.requireWhole(kept.version, versions);
  corrupt(join(kept.version.path, 'model.onnx'));
  await t.rejects(folder.requireWhole(kept.version, versions), { code: 'UPDATE_STORE', message: /digest/ });
  await folder.removeVersion(versions, packed.sha256);
  t.notOk(existsSync(join(versions, packed.sha256)));
});

t.test('what cannot be adopted leaves nothing', async (t) => {
  const versions = t.testdir();
  const packed = await packedVersion(versions, '1.0.0');
  const before = readdirSync(versions);
  const adoption = { ...adoptionOf(packed), sha256: sha('a') };
  await t.rejects(folder.adoptVersion(versions, adoption), { code: 'BUNDLE_ARCHIVE' }, 'of another digest');
  t.strictSame(readdirSync(versions), before);
});

t.test('a version.json that lies is not believed', async (t) => {
  const versions = t.testdir();
  const packed = await packedVersion(versions, '1.0.0');
  const adoption = adoptionOf(packed);
  await folder.adoptVersion(versions, adoption);
  const path = join(versions, packed.sha256, 'version.json');
  const text = readFileSync(path, 'utf8');
  mkdirSync(join(versions, sha('b')));
  writeFileSync(join(versions, sha('b'), 'version.json'), text);
  await t.rejects(folder.readKept(versions, sha('b')), /another archive/);
  writeFileSync(path, text.replace(/"path": "[^"]*"/, '"path": "../../etc"'));
  await t.rejects(folder.readKept(versions, packed.sha256), /not below/);
  writeFileSync(path, text.slice(0, 50));
  await t.rejects(folder.readKept(versions, packed.sha256));
});

t.test('a bundle in its place is a version without an archive', async (t) => {
  const path = tinyBundle(join(t.testdir(), 'people'));
  t.match(await folder.placeVersion(path, path), { path, archive: undefined, bytes: 0, labels: ['thing'] });
  await t.rejects(folder.placeVersion(join(path, 'none'), path), { code: 'BUNDLE_NOT_FOUND' });
});
