/** `detectd models keys|sign|verify`, from a user's chair. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parsePublicKey } from '../../dist/models/minisign-key.js';
import { makeSecretKey, parseSecretKey, secretKeyFile } from '../../dist/models/minisign-secret-key.js';
import { noTerminal, onTerminal } from '../helpers/pseudo-terminal.js';
import { COST, keyPair, models, read, withArchive, withKey } from '../helpers/signed-workspace.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { until } from '../helpers/until.js';
import { workspace } from '../helpers/workspace.js';

t.test('a pair is made, which only its owner can read the secret half of', async (t) => {
  const made = workspace(t);
  const run = await models(made, 'keys', 'generate', '-o', 'our.key', '--no-password', '--json');
  t.equal(run.status, 0, run.stderr);
  const result = JSON.parse(run.stdout);
  t.equal(parsePublicKey(read(made, 'our.pub'), 'our.pub').text, result.public_key);
  t.equal((await parseSecretKey(read(made, 'our.key'), undefined)).publicKey.id, result.key_id);
  t.equal(statSync(join(made.folder, 'our.key')).mode & 0o777, 0o600);
  const again = await models(made, 'keys', 'generate', '-o', 'our.key', '--no-password');
  t.match(again, { status: 2, stderr: /^USAGE: .*our\.key exists already/ });
  t.match(await models(made, 'keys', 'generate', '-o', 'our.key', '--no-password', '--replace'), {
    status: 0,
  });
  t.not(parsePublicKey(read(made, 'our.pub'), 'our.pub').text, result.public_key);
  t.match(await models(made, 'keys', 'generate', '-o', 'x.pub', '--no-password'), { status: 2 });
  t.match(await models(made, 'keys', 'generate', '-o', 'x.key'), {
    status: 1,
    stderr: /^KEY_INVALID.*terminal/,
  });
  t.match(await models(made, 'keys', 'generate', '-o', 'no/such/x.key', '--no-password'), { status: 0 });
  t.strictSame(made.leftovers(), []);
});

t.test('an archive is signed and holds; each thing that can be wrong has its code', async (t) => {
  const made = await withKey(t);
  const run = await models(made, 'sign', 'things.tar.gz', '-k', 'a.key', '--expires', '2999-01-31', '--json');
  t.equal(run.status, 0, run.stderr);
  const signed = JSON.parse(run.stdout);
  t.match(signed, { name: 'things', version: '1.2.0', expires: '2999-01-31T23:59:59Z' });
  t.match(read(made, 'things.tar.gz.minisig'), `name=things version=1.2.0 sha256=${signed.sha256} signed=`);

  const good = await models(
    made,
    'verify',
    'things.tar.gz',
    '--key',
    'a.pub',
    '--sha256',
    signed.sha256,
    '--json',
  );
  t.equal(good.status, 0, good.stderr);
  t.match(JSON.parse(good.stdout), {
    sha256: signed.sha256,
    signature: 'good',
    key_id: signed.key_id,
    name: 'things',
    version: '1.2.0',
    classes: 1,
    samples: null,
    error: null,
  });
  const text = await models(made, 'verify', 'things.tar.gz', '--key', signed.public_key);
  t.match(text.stdout, /^signature {2}holds, by [0-9A-F]{16}, of .*, to be taken until 2999/m);
  t.match(text.stdout, /^verdict {4}good$/m);
  const other = await keyPair(made, 'b');
  t.match(await models(made, 'verify', 'things.tar.gz', '--key', other), {
    status: 1,
    stderr: /^MODEL_UNTRUSTED/,
  });
  t.match(await models(made, 'verify', 'things.tar.gz', '--key', other, '--key', 'a.pub'), { status: 0 });
  t.match(await models(made, 'verify', 'things.tar.gz', '--sha256', 'a'.repeat(64)), {
    status: 1,
    stdout: /not checked: no key/,
    stderr: /^MODEL_DIGEST/,
  });
  t.match(await models(made, 'verify', 'things.tar.gz', '--key', 'none.pub'), {
    status: 1,
    stderr: /^KEY_INVALID/,
  });

  appendFileSync(join(made.folder, 'things.tar.gz'), 'x');
  const changed = await models(made, 'verify', 'things.tar.gz', '--key', 'a.pub', '--json');
  t.match(changed, { status: 1, stderr: /^MODEL_BAD_SIGNATURE/ });
  t.match(JSON.parse(changed.stdout), {
    signature: 'bad',
    name: null,
    error: { code: 'MODEL_BAD_SIGNATURE' },
  });
  writeFileSync(join(made.folder, 'things.tar.gz.minisig'), '<html>');
  t.match(await models(made, 'verify', 'things.tar.gz', '--key', 'a.pub'), {
    stderr: /^MODEL_BAD_SIGNATURE/,
  });
  writeFileSync(join(made.folder, 'bare.tar.gz'), readFileSync(join(made.folder, 'things.tar.gz')));
  t.match(await models(made, 'verify', 'bare.tar.gz', '--key', 'a.pub'), { stderr: /^MODEL_UNSIGNED/ });
  t.match(await models(made, 'verify', 'none.tar.gz'), { status: 1, stderr: /^BUNDLE_NOT_FOUND/ });
  t.strictSame(made.leftovers(), []);
});

t.test('nothing that is broken is signed, and nothing is left', async (t) => {
  const made = await withKey(t);
  const { folder } = made;
  writeFileSync(join(folder, 'half.tar.gz'), readFileSync(join(folder, 'things.tar.gz')).subarray(0, 200));
  writeFileSync(join(folder, 'cut.key'), read(made, 'a.key').slice(0, 100));
  mkdirSync(join(folder, 'bare'));
  tinyBundle(join(folder, 'bare'));
  spawnSync('tar', ['-C', folder, '-czf', join(folder, 'bare.tar.gz'), 'bare']);
  for (const [args, status, said] of [
    [['half.tar.gz', '-k', 'a.key'], 1, /^BUNDLE_ARCHIVE/],
    [['bare.tar.gz', '-k', 'a.key'], 1, /^BUNDLE_MANIFEST.*says no name/],
    [['none.tar.gz', '-k', 'a.key'], 1, /^BUNDLE_NOT_FOUND/],
    [['things.tar.gz', '-k', 'none.key'], 1, /^KEY_INVALID.*cannot be read/],
    [['things.tar.gz', '-k', 'cut.key'], 1, /^KEY_INVALID/],
    [['things.tar.gz', '-k', 'a.pub'], 1, /^KEY_INVALID.*public key/],
    [['things.tar.gz'], 2, /^USAGE: .*--key/],
    [['things.tar.gz', '-k', 'a.key', '--expires', '2001-01-01'], 2, /^USAGE: .*is over/],
    [['things.tar.gz', '-k', 'a.key', '--expires', 'soon'], 2, /It must be a date/],
  ] as [string[], number, RegExp][]) {
    const run = await models(made, 'sign', ...args);
    t.equal(run.status, status, args.join(' '));
    t.match(run.stderr, said);
    t.equal(run.stdout, '');
  }
  t.strictSame(
    readdirSync(folder).filter((name) => name.includes('minisig')),
    [],
  );
  t.strictSame(made.leftovers(), []);
});

t.test(
  'a locked key opens with the password in a file, by option or variable, and no other way here',
  async (t) => {
    const made = await withArchive(t);
    const key = makeSecretKey();
    writeFileSync(join(made.folder, 'l.key'), await secretKeyFile(key, 'open sesame', COST));
    writeFileSync(join(made.folder, 'good'), 'open sesame\n');
    writeFileSync(join(made.folder, 'bad'), 'close sesame\n');
    const sign = (...args: string[]) => models(made, 'sign', 'things.tar.gz', '-k', 'l.key', ...args);
    t.match(await sign('--password-file', 'good'), { status: 0, stdout: key.publicKey.id });
    t.match(await sign('--password-file', 'bad'), { status: 1, stderr: /^KEY_INVALID: .*does not open/ });
    t.match(await sign(), { status: 1, stderr: /--password-file/ });
    const env = { ...made.env, MINISIGN_PASSWORD_FILE: join(made.folder, 'good') };
    t.match(await models({ ...made, env }, 'sign', 'things.tar.gz', '-k', 'l.key'), { status: 0 });
  },
);

t.test('at a terminal the password is asked for, and not shown', { skip: noTerminal }, async (t) => {
  const made = await withArchive(t);
  const key = makeSecretKey();
  writeFileSync(join(made.folder, 'l.key'), await secretKeyFile(key, 'sesame', COST));
  const cli = join(import.meta.dirname, '../../dist/cli.js');
  const path = (name: string) => join(made.folder, name);
  const program = [process.execPath, cli, 'models', 'sign', path('things.tar.gz'), '-k', path('l.key')];
  const terminal = await onTerminal(t, program, { columns: 200, rows: 24 }, made.env);
  await until(() => terminal.text.includes('Password: '));
  terminal.type('sesame\r');
  t.equal(await terminal.ended(), 0, terminal.text);
  t.notMatch(terminal.text, 'sesame');
  t.match(read(made, 'things.tar.gz.minisig'), 'name=things');
});

t.test('the keys of a configuration are listed and used, and a broken one is told', async (t) => {
  const made = await withKey(t);
  const config = (keys: string[]) =>
    JSON.stringify({
      models: { things: { bundle: 'things' } },
      cameras: { gate: { source: 'v4l2:/dev/video0', model: 'things' } },
      updates: { keys },
    });
  await models(made, 'sign', 'things.tar.gz', '-k', 'a.key');
  writeFileSync(join(made.folder, 'c.yaml'), config(['a.pub', await keyPair(made, 'b')]));
  const listed = await models(made, 'keys', '-c', 'c.yaml', '--json');
  t.equal(listed.status, 0, listed.stderr);
  const { keys } = JSON.parse(listed.stdout);
  t.match(keys, [{ entry: join(made.folder, 'a.pub'), problem: null }, { problem: null }]);
  t.match(
    (await models(made, 'keys', '-c', 'c.yaml')).stdout,
    new RegExp(`^${keys[0].key_id} +trusted `, 'm'),
  );
  t.match(await models(made, 'verify', 'things.tar.gz', '-c', 'c.yaml'), { status: 0, stdout: /holds/ });

  writeFileSync(join(made.folder, 'c.yaml'), config(['gone.pub', 'a.pub']));
  t.match(await models(made, 'keys', '-c', 'c.yaml'), { status: 1, stderr: /^KEY_INVALID.*gone\.pub/ });
  t.match(
    await models(made, 'verify', 'things.tar.gz', '-c', 'c.yaml'),
    { status: 0 },
    'the other one counts',
  );
  writeFileSync(join(made.folder, 'c.yaml'), config([]));
  t.match(await models(made, 'keys', '-c', 'c.yaml'), { status: 0, stdout: /^No key is trusted/ });
});
