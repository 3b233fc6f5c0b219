/** scripts/install and scripts/uninstall on a system tree in a folder. */
import { existsSync, lstatSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { standInCheckout } from '../helpers/stand-in-checkout.js';
import { type Ran, runProgram } from '../helpers/systemd-container.js';

const PROGRAM = '#!/usr/bin/env node\nimport "dep";\n';
const tools = ['/usr/bin/systemd-sysusers', '/usr/bin/systemd-tmpfiles', '/usr/bin/systemctl'];
const lacking = tools.filter((tool) => !existsSync(tool));
const obstacle =
  process.getuid?.() !== 0 ? 'needs root' : lacking.length > 0 ? `needs ${lacking.join(', ')}` : false;

async function setting(t: Test, program = PROGRAM) {
  // Outside of the repository, whose packages would be found from below it.
  const checkout = await mkdtemp(join(tmpdir(), 'detectd-install-'));
  t.teardown(() => rm(checkout, { recursive: true, force: true }));
  const root = join(checkout, 'root');
  await mkdir(join(root, 'etc'), { recursive: true });
  await standInCheckout(checkout, program);
  const script = (name: string, ...args: string[]): Promise<Ran> =>
    runProgram(join(checkout, 'scripts', name), ['--root', root, ...args], 60_000);
  return { checkout, root, at: (...parts: string[]) => join(root, ...parts), script };
}

const releases = async (root: string) => (await readdir(join(root, 'opt/detectd/releases'))).sort();

t.test('install puts everything in place, and again changes nothing', { skip: obstacle }, async (t) => {
  const { root, at, script } = await setting(t);
  const first = await script('install');
  t.equal(first.status, 0, first.stderr);
  const [release, ...more] = await releases(root);
  t.match(release, /^9\.8\.7-[0-9a-f]{12}$/);
  t.strictSame(more, []);
  t.equal(await readlink(at('opt/detectd/current')), `releases/${release}`);
  t.ok(existsSync(at('opt/detectd/current/node_modules/dep/index.js')));
  t.notOk(existsSync(at('opt/detectd/current/node_modules/for-tests-only')), 'production packages only');
  t.equal(await readlink(at('usr/local/bin/detectd')), '/opt/detectd/current/bin/detectd');
  t.equal(
    await readlink(at('etc/systemd/system/multi-user.target.wants/detectd.service')),
    '/etc/systemd/system/detectd.service',
  );
  t.match(await readFile(at('etc/passwd'), 'utf8'), /^detectd:.*nologin$/m);
  for (const group of ['video', 'render'])
    t.match(await readFile(at('etc/group'), 'utf8'), new RegExp(`^${group}:.*`, 'm'));
  const configuration = await stat(at('etc/detectd/detectd.yaml'));
  t.equal(configuration.mode & 0o777, 0o640);
  t.not(configuration.gid, 0, 'readable by the group of the service');
  t.equal((await stat(at('etc/detectd'))).mode & 0o777, 0o750);

  await writeFile(at('etc/detectd/detectd.yaml'), '# mine\n');
  const again = await script('install');
  t.equal(again.status, 0, again.stderr);
  t.strictSame(await releases(root), [release]);
  t.notOk(existsSync(at('opt/detectd/previous')));
  t.equal(await readFile(at('etc/detectd/detectd.yaml'), 'utf8'), '# mine\n', 'the configuration stays');
});

t.test('the unit names the Node and the prefix of the installation', { skip: obstacle }, async (t) => {
  const { at, script } = await setting(t);
  const ran = await script('install', '--prefix', '/srv/programs/detectd');
  t.equal(ran.status, 0, ran.stderr);
  const unit = await readFile(at('etc/systemd/system/detectd.service'), 'utf8');
  const node =
    /^ExecStart=(\S+) \/srv\/programs\/detectd\/current\/dist\/cli\.js run -c \/etc\/detectd\/detectd\.yaml$/m;
  t.match(unit, node);
  t.ok(existsSync(node.exec(unit)?.[1] ?? ''));
  t.notMatch(unit, '/opt/detectd');
  // The stand-in has no sd-notify, so another process has to speak for it.
  t.match(unit, /^NotifyAccess=all$/m);
});

t.test('a new version is a new release, and only the one before is kept', { skip: obstacle }, async (t) => {
  const { checkout, root, at, script } = await setting(t);
  const links: string[] = [];
  for (const text of ['1', '2', '3']) {
    await writeFile(join(checkout, 'dist/cli.js'), `${PROGRAM}// ${text}\n`);
    t.equal((await script('install')).status, 0);
    links.push(await readlink(at('opt/detectd/current')));
  }
  t.equal(new Set(links).size, 3);
  t.strictSame(
    await releases(root),
    links
      .slice(1)
      .map((link) => link.replace('releases/', ''))
      .sort(),
  );
  t.equal(await readlink(at('opt/detectd/previous')), links[1]);
});

t.test('a program that does not start is never switched to', { skip: obstacle }, async (t) => {
  const { checkout, root, at, script } = await setting(t);
  t.equal((await script('install')).status, 0);
  const good = await readlink(at('opt/detectd/current'));
  await writeFile(join(checkout, 'dist/cli.js'), 'throw new Error("broken");\n');
  const ran = await script('install');
  t.equal(ran.status, 1);
  t.match(ran.stderr, 'does not start');
  t.equal(await readlink(at('opt/detectd/current')), good);
  t.strictSame(await releases(root), [good.replace('releases/', '')], 'nothing half-installed is left');
});

t.test('an unbuilt checkout is refused with the cure', { skip: obstacle }, async (t) => {
  const { checkout, at, script } = await setting(t);
  await rm(join(checkout, 'dist'), { recursive: true });
  const ran = await script('install');
  t.equal(ran.status, 1);
  t.match(ran.stderr, 'scripts/setup');
  t.notOk(existsSync(at('opt')));
});

t.test('--dry-run of both only talks', { skip: obstacle }, async (t) => {
  const { root, script } = await setting(t);
  const install = await script('install', '--dry-run');
  t.equal(install.status, 0, install.stderr);
  t.match(install.stdout, 'would: user');
  t.match(install.stdout, /^nothing was changed/m);
  t.strictSame(await readdir(root), ['etc']);
  t.strictSame(await readdir(join(root, 'etc')), []);
  t.equal((await script('install')).status, 0);
  const uninstall = await script('uninstall', '--purge', '--dry-run');
  t.equal(uninstall.status, 0, uninstall.stderr);
  t.match(uninstall.stdout, 'would: remove');
  t.match(uninstall.stdout, /^nothing was changed/m);
  t.notMatch(uninstall.stdout, /^removed/m, 'what is only planned is not said to be done');
  t.ok(existsSync(join(root, 'opt/detectd/current/dist/cli.js')));
});

t.test('uninstall keeps what is the user’s, --purge does not', { skip: obstacle }, async (t) => {
  const { at, script } = await setting(t);
  t.equal((await script('install')).status, 0);
  await mkdir(at('var/lib/detectd/models'), { recursive: true });
  const kept = await script('uninstall');
  t.equal(kept.status, 0, kept.stderr);
  for (const path of ['opt/detectd', 'etc/systemd/system/detectd.service', 'usr/local/bin/detectd'])
    t.notOk(existsSync(at(path)), path);
  t.strictSame(await readdir(at('etc/systemd/system/multi-user.target.wants')).catch(() => []), []);
  t.ok(existsSync(at('etc/detectd/detectd.yaml')));
  t.ok(existsSync(at('var/lib/detectd/models')));
  const purged = await script('uninstall', '--purge');
  t.equal(purged.status, 0, purged.stderr);
  t.notOk(existsSync(at('etc/detectd')));
  t.notOk(existsSync(at('var/lib/detectd')));
  t.notMatch(await readFile(at('etc/passwd'), 'utf8'), /^detectd:/m);
  t.notMatch(await readFile(at('etc/group'), 'utf8'), /^detectd:/m);
  t.equal((await script('uninstall', '--purge')).status, 0, 'again there is nothing to do');
});

t.test('the helper for GPU memory is for boards, or for who wants it', { skip: obstacle }, async (t) => {
  const { root, at, script } = await setting(t);
  const units = ['detectd-gpumem.socket', 'detectd-gpumem@.service'].map(
    (unit) => `etc/systemd/system/${unit}`,
  );
  const wanted = 'etc/systemd/system/sockets.target.wants/detectd-gpumem.socket';
  const there = () => [...units, wanted].map((path) => existsSync(at(path)) || isLink(at(path)));
  const isLink = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  t.equal((await script('install')).status, 0);
  t.strictSame(there(), [false, false, false], 'no board');
  t.equal((await script('install', '--gpu-helper', 'yes')).status, 0);
  t.strictSame(there(), [true, true, true]);
  t.equal((await script('install')).status, 0);
  t.strictSame(there(), [true, true, true], 'what was asked for once stays');
  t.equal((await script('install', '--gpu-helper=no')).status, 0);
  t.strictSame(there(), [false, false, false]);
  await writeFile(join(root, 'etc/nv_tegra_release'), '# R36 (release), REVISION: 4.4\n');
  t.equal((await script('install', '--prefix', '/srv/detectd')).status, 0);
  t.strictSame(there(), [true, true, true], 'a board');
  t.match(await readFile(at(units[1] ?? ''), 'utf8'), 'file:/srv/detectd/current/README.md');
  const gone = await script('uninstall', '--prefix', '/srv/detectd');
  t.equal(gone.status, 0, gone.stderr);
  t.strictSame(there(), [false, false, false]);
  t.equal((await script('install', '--gpu-helper', 'maybe')).status, 2);
});

t.test('reboots are allowed only when it is said, and that is kept', { skip: obstacle }, async (t) => {
  const { at, script } = await setting(t);
  const paths = ['detectd-reboot.path', 'detectd-reboot.service', 'paths.target.wants/detectd-reboot.path'];
  const there = () =>
    paths.map((path) => lstatSync(at('etc/systemd/system', path), { throwIfNoEntry: false }) !== undefined);
  t.equal((await script('install')).status, 0);
  t.strictSame(there(), [false, false, false]);
  t.equal((await script('install', '--allow-reboot', 'yes')).status, 0);
  t.strictSame(there(), [true, true, true]);
  t.equal((await script('install', '--prefix=/srv/detectd')).status, 0);
  t.strictSame(there(), [true, true, true]);
  const unit = await readFile(at('etc/systemd/system/detectd-reboot.service'), 'utf8');
  t.notMatch(unit, '/opt/detectd');
  for (const [, program = ''] of unit.matchAll(/^ExecCondition=(\S+)/gm))
    t.ok(existsSync(at(program)), program);
  t.equal((await script('install', '--allow-reboot=no')).status, 0);
  t.strictSame(there(), [false, false, false]);
  t.equal((await script('install', '--allow-reboot=yes')).status, 0);
  t.equal((await script('uninstall')).status, 0);
  t.strictSame(there(), [false, false, false]);
  t.equal((await script('install', '--allow-reboot', 'perhaps')).status, 2);
});

t.test('events are explained in the journal until it is removed', { skip: obstacle }, async (t) => {
  const { at, script } = await setting(t);
  const catalog = at('usr/local/lib/systemd/catalog/detectd.catalog');
  t.equal((await script('install', '--prefix', '/srv/detectd')).status, 0);
  t.match(await readFile(catalog, 'utf8'), 'file:/srv/detectd/current/README.md');
  t.equal((await script('uninstall')).status, 0);
  t.notOk(existsSync(at('usr/local/lib/systemd')));
});

t.test('uninstall leaves a prefix alone that install did not make', { skip: obstacle }, async (t) => {
  const { checkout, at, script } = await setting(t);
  await cp(join(checkout, 'config'), at('srv/mine'), { recursive: true });
  t.equal((await script('uninstall', '--prefix', '/srv/mine')).status, 0);
  t.ok(existsSync(at('srv/mine/example.yaml')));
});

t.test('wrong arguments end with status 2 and touch nothing', { skip: obstacle }, async (t) => {
  const { root, script } = await setting(t);
  const wrong = [
    ['--prefix', 'relative'],
    ['--prefix', '/opt/../etc'],
    ['--prefix', '/opt/a b'],
    ['--prefix', '/opt/x;reboot'],
    ['--prefix', '/'],
    ['--prefix'],
    ['--root', '/no/such/folder'],
    ['--fast'],
  ];
  for (const name of ['install', 'uninstall'])
    for (const args of wrong) t.equal((await script(name, ...args)).status, 2, `${name} ${args.join(' ')}`);
  t.equal((await script('install', '--now')).status, 2, '--now does not go with --root');
  t.strictSame(await readdir(join(root, 'etc')), []);
});
