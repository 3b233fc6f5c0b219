/** detectd.service: correct, tight, open where GPU and cameras need it, and what that means inside. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { REPOSITORY, standInCheckout } from '../helpers/stand-in-checkout.js';
import { containerObstacle, runProgram, SystemdContainer } from '../helpers/systemd-container.js';

/** Of 10, as systemd-analyze counts. What is left is network, devices and run-time code, all needed. */
const MOST_EXPOSURE = 2.5;

const text = await readFile(join(REPOSITORY, 'systemd/detectd.service'), 'utf8');
const noAnalyze = existsSync('/usr/bin/systemd-analyze') ? false : 'needs systemd-analyze';

t.test('systemd-analyze finds nothing to complain about', { skip: noAnalyze }, async (t) => {
  const folder = t.testdir({});
  const unit = join(folder, 'detectd.service');
  await writeFile(unit, text.replace('ExecStart=/usr/bin/node', `ExecStart=${process.execPath}`));
  const verified = await runProgram('systemd-analyze', ['verify', '--man=no', unit], 30_000);
  const about = (verified.stderr + verified.stdout).split('\n').filter((line) => line.includes('detectd'));
  t.strictSame(about, []);
  t.equal(verified.status, 0);
  const ran = await runProgram('systemd-analyze', ['security', '--offline=yes', '--no-pager', unit], 30_000);
  const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(ran.stdout)?.[1]);
  if (Number.isNaN(exposure)) return t.comment('this systemd-analyze has no offline mode (before 250)');
  t.comment(`exposure ${exposure} of 10, at most ${MOST_EXPOSURE}`);
  t.ok(exposure <= MOST_EXPOSURE, `exposure ${exposure}`);
});

t.test('nothing takes the GPU, the cameras or the compilers away', async (t) => {
  const settings = text.split('\n').filter((line) => /^\w+=/.test(line));
  // ProtectClock is among them because it implies DeviceAllow=.
  const deadly =
    /^(PrivateDevices|ProtectClock|PrivateTmp|PrivateUsers|MemoryDenyWriteExecute|ProcSubset|DeviceAllow|DevicePolicy)=/;
  t.strictSame(
    settings.filter((line) => deadly.test(line)),
    [],
  );
  t.ok(settings.includes('SupplementaryGroups=video render'));
});

const obstacle = (await containerObstacle()) ?? false;
t.test('the service runs as its own user in its sandbox', { skip: obstacle }, async (t) => {
  const container = new SystemdContainer();
  const checkout = await mkdtemp(join(tmpdir(), 'detectd-unit-'));
  t.teardown(async () => {
    await container.close();
    await rm(checkout, { recursive: true, force: true });
  });
  await container.prepare();
  await mkdir(join(container.root, 'home/somebody'));
  const program = await readFile(join(REPOSITORY, 'test/helpers/sandbox-program.mjs'), 'utf8');
  // scripts/install asks for --help before it trusts a program.
  await standInCheckout(checkout, `if (process.argv[2] === '--help') process.exit(0);\n${program}`);
  const installed = await runProgram(join(checkout, 'scripts/install'), ['--root', container.root], 60_000);
  t.equal(installed.status, 0, installed.stderr);
  await container.boot();
  await container.must(['systemctl', 'start', 'detectd']);
  const unit = await container.show(
    'detectd',
    'DevicePolicy',
    'DeviceAllow',
    'Restart',
    'OOMPolicy',
    'NotifyAccess',
  );
  // A list without entries is not printed at all.
  t.strictSame(unit, {
    DevicePolicy: 'auto',
    Restart: 'always',
    OOMPolicy: 'continue',
    NotifyAccess: 'all',
  });
  const passwd = await readFile(join(container.root, 'etc/passwd'), 'utf8');
  const group = await readFile(join(container.root, 'etc/group'), 'utf8');
  const gid = (name: string) => Number(new RegExp(`^${name}:[^:]*:(\\d+)`, 'm').exec(group)?.[1]);
  const report = JSON.parse(await readFile(join(container.root, 'var/lib/detectd/report.json'), 'utf8'));
  t.match(report, {
    uid: Number(/^detectd:[^:]*:(\d+)/m.exec(passwd)?.[1]),
    capabilities: '0'.repeat(32),
    noNewPrivileges: '1',
    seccomp: '2',
    umask: '27',
    configuration: 'ok',
    changeConfiguration: /EROFS|EACCES/,
    state: 'ok',
    cache: 'ok',
    temporary: 'ok',
    tmp: 'EROFS',
    program: /EROFS|EACCES/,
    home: /EACCES|empty/,
    memory: 'ok',
    otherProcesses: 'ENOENT',
    compiled: 'ok',
    network: 'ok',
    journal: 'ok',
    runtime: 'ok',
    arguments: ['run', '-c', '/etc/detectd/detectd.yaml'],
  });
  const events = ['journalctl', '-u', 'detectd', 'DETECTD_EVENT=sandbox', '-o', 'cat', '--no-pager'];
  await container.until('the event', 20_000, async () => (await container.must(events)) === 'from inside\n');
  for (const name of ['video', 'render']) t.ok(report.groups.includes(gid(name)), `in the group ${name}`);
});
