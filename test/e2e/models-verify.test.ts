/** `detectd models verify` and `keys` with a store, and all of it held against Debian's minisign. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parsePublicKey } from '../../dist/models/minisign-key.js';
import { makeSecretKey, secretKeyFile } from '../../dist/models/minisign-secret-key.js';
import { writeSlot } from '../../dist/models/slot-file.js';
import { emptySlot } from '../../dist/models/slot-record.js';
import { slotPath, storeLayout } from '../../dist/models/store-layout.js';
import { adoptVersion } from '../../dist/models/version-folder.js';
import { COST, keyPair, minisign, models, read, withArchive, withKey } from '../helpers/signed-workspace.js';
import type { Workspace } from '../helpers/workspace.js';

const noMinisign: string | false =
  spawnSync('minisign', ['-v']).error === undefined ? false : 'minisign is not installed';
/** A configuration whose model `things` is fetched, with its state in the workspace. */
function configured({ folder }: Workspace, keys: string[], more: Record<string, unknown> = {}): void {
  const config = {
    paths: { state: 'state' },
    models: { things: { bundle: 'file:things.tar.gz', sha256: 'a'.repeat(64), ...more } },
    cameras: { gate: { source: 'v4l2:/dev/video0', model: 'things' } },
    updates: { keys },
  };
  writeFileSync(join(folder, 'c.yaml'), JSON.stringify(config));
}

/** Puts the archive into the store as what serves. */
async function stored({ folder }: Workspace, signedBy: string | undefined) {
  const layout = storeLayout(join(folder, 'state'));
  mkdirSync(layout.slots, { recursive: true });
  mkdirSync(layout.versions);
  const archivePath = join(folder, 'things.tar.gz');
  const sha256 = createHash('sha256').update(readFileSync(archivePath)).digest('hex');
  const about = { model: 'things', key: 'f'.repeat(32), adopted: '2026-01-01T00:00:00Z' };
  const vouched = { signedBy, facts: null };
  const { version } = await adoptVersion(layout.versions, { archivePath, sha256, vouched, ...about });
  const record = { ...emptySlot('things'), active: version, activeKey: about.key, highest: version.version };
  await writeSlot(slotPath(layout, 'things'), record, layout.versions);
  return version;
}

t.test('what serves is whole or not, and by whom it was signed is shown', async (t) => {
  const made = await withKey(t);
  const { id } = parsePublicKey(read(made, 'a.pub'), 'a.pub');
  configured(made, ['a.pub']);
  t.match(await models(made, 'verify', 'things', '-c', 'c.yaml'), {
    status: 1,
    stderr: /^UPDATE_UNKNOWN.*yet/,
  });
  t.match(await models(made, 'verify', 'others', '-c', 'c.yaml'), { status: 1, stderr: /Known are things/ });
  const version = await stored(made, id);
  const good = await models(made, 'verify', 'things', '-c', 'c.yaml', '--json');
  t.equal(good.status, 0, good.stderr);
  t.match(JSON.parse(good.stdout), {
    model: 'things',
    versions: [{ role: 'active', version: '1.2.0', digest: version.digest, signed_by: id, error: null }],
    error: null,
  });
  t.match(
    (await models(made, 'verify', 'things', '-c', 'c.yaml')).stdout,
    /^active {5}things 1\.2\.0 .*: whole$/m,
  );
  const listed = (await models(made, 'keys', '-c', 'c.yaml')).stdout;
  t.match(listed, new RegExp(`^${id} +trusted +things `, 'm'));
  configured(made, [await keyPair(made, 'b')]);
  const changed = await models(made, 'keys', '-c', 'c.yaml');
  t.match(changed, { status: 0, stdout: /goes on serving; nothing new of it is taken/ });
  t.match(changed.stdout, new RegExp(`^${id} +not trusted +things `, 'm'));

  appendFileSync(join(version.path, 'model.onnx'), 'x');
  const damaged = await models(made, 'verify', 'things', '-c', 'c.yaml');
  t.match(damaged, { status: 1, stdout: /: damaged: /, stderr: /^UPDATE_STORE/ });
  t.strictSame(made.leftovers(), []);
});

t.test('an archive is held against what the configuration wants of a model, and what served', async (t) => {
  const made = await withKey(t);
  await stored(made, undefined);
  await models(made, 'sign', 'things.tar.gz', '-k', 'a.key');
  const verify = () => models(made, 'verify', 'things.tar.gz', '-c', 'c.yaml', '--model', 'things');
  const { sha256 } = JSON.parse((await models(made, 'verify', 'things.tar.gz', '--json')).stdout);
  configured(made, ['a.pub']);
  t.match(await verify(), { status: 1, stderr: /^MODEL_DIGEST/ });
  configured(made, ['a.pub'], { sha256 });
  t.match(await verify(), { status: 0 });
  configured(made, ['a.pub'], { sha256, version: '9' });
  t.match(await verify(), { status: 1, stderr: /^MODEL_VERSION/ });
  configured(made, ['a.pub'], { sha256, classes: ['cat'] });
  t.match(await verify(), { status: 1, stderr: /^MODEL_CLASSES/ });
  await models(made, 'pack', 'things', '--version', '1.1.0', '--no-run', '--replace', '-o', 'things.tar.gz');
  await models(made, 'sign', 'things.tar.gz', '-k', 'a.key');
  configured(made, ['a.pub'], { sha256: undefined });
  t.match(await verify(), { status: 1, stderr: /^MODEL_TOO_OLD/ });
  configured(made, ['a.pub'], { sha256: undefined, downgrade: true });
  t.match(await verify(), { status: 0 });
});

t.test('a bundle in its place is read, too', async (t) => {
  const made = await withArchive(t);
  configured(made, [], { bundle: 'things' });
  t.match(await models(made, 'verify', 'things', '-c', 'c.yaml'), {
    status: 0,
    stdout: /^active {5}things .*: whole$/m,
  });
  writeFileSync(join(made.folder, 'things/infer_cfg.yml'), ':');
  t.match(await models(made, 'verify', 'things', '-c', 'c.yaml'), {
    status: 1,
    stderr: /^INFER_CFG_INVALID/,
  });
});

t.test('what detectd makes, minisign takes', { skip: noMinisign }, async (t) => {
  const made = await withArchive(t);
  await models(made, 'keys', 'generate', '-o', 'our.key', '--no-password');
  await models(made, 'sign', 'things.tar.gz', '-k', 'our.key');
  const verified = minisign(made, '', '-V', '-H', '-p', 'our.pub', '-m', 'things.tar.gz');
  t.equal(verified.status, 0, verified.said);
  t.match(verified.said, 'Trusted comment: detectd=1 name=things version=1.2.0');
  appendFileSync(join(made.folder, 'things.tar.gz'), 'x');
  t.not(minisign(made, '', '-V', '-p', 'our.pub', '-m', 'things.tar.gz').status, 0);

  const signed = minisign(made, '', '-S', '-W', '-s', 'our.key', '-m', 'our.pub');
  t.equal(signed.status, 0, signed.said);
  t.equal(minisign(made, '', '-V', '-p', 'our.pub', '-m', 'our.pub').status, 0);

  const key = makeSecretKey();
  writeFileSync(join(made.folder, 'locked.key'), await secretKeyFile(key, 'open sesame', COST));
  const unlocked = minisign(made, 'open sesame\n', '-S', '-s', 'locked.key', '-m', 'our.pub');
  t.equal(unlocked.status, 0, unlocked.said);
  t.equal(minisign(made, '', '-V', '-P', key.publicKey.text, '-m', 'our.pub').status, 0);
});

t.test('what minisign makes, detectd takes', { skip: noMinisign }, async (t) => {
  const made = await withArchive(t);
  t.equal(minisign(made, '', '-G', '-W', '-p', 'm.pub', '-s', 'm.key').status, 0);
  const archive = ['-m', 'things.tar.gz', '-s', 'm.key', '-W'];
  for (const [form, comment] of [
    [[], 'nightly'],
    [['-l'], 'of the old form'],
  ] as [string[], string][]) {
    t.equal(minisign(made, '', '-S', ...form, ...archive, '-t', comment).status, 0);
    const run = await models(made, 'verify', 'things.tar.gz', '--key', 'm.pub', '--json');
    t.equal(run.status, 0, run.stderr);
    t.match(JSON.parse(run.stdout), { signature: 'good', signed: null, version: '1.2.0', error: null });
  }
  const signed = await models(made, 'sign', 'things.tar.gz', '-k', 'm.key');
  t.equal(signed.status, 0, signed.stderr);
  t.match(await models(made, 'verify', 'things.tar.gz', '--key', 'm.pub'), { status: 0 });

  // minisign's own cost: a gigabyte for some seconds.
  t.equal(minisign(made, 'open sesame\nopen sesame\n', '-G', '-p', 'l.pub', '-s', 'l.key').status, 0);
  writeFileSync(join(made.folder, 'password'), 'open sesame');
  const locked = await models(made, 'sign', 'things.tar.gz', '-k', 'l.key', '--password-file', 'password');
  t.equal(locked.status, 0, locked.stderr);
  t.match(await models(made, 'verify', 'things.tar.gz', '--key', 'l.pub'), { status: 0 });
});
