/** detectd-gpumem: its units are tight, and under a real systemd the group detectd gets the table and nobody else does. */

import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { parseHelperAnswer } from '../../dist/device/nvmap-clients.js';
import { REPOSITORY } from '../helpers/stand-in-checkout.js';
import { containerObstacle, type Ran, runProgram, SystemdContainer } from '../helpers/systemd-container.js';

/** Of 10, as systemd-analyze counts. */
const MOST_EXPOSURE = 1;
const UNITS = ['detectd-gpumem.socket', 'detectd-gpumem@.service'];
const NVMAP = 'test/fixtures/boards/jetpack-6.2.2-orin-nano/sys/kernel/debug/nvmap/iovmm/clients';

const unit = (name: string) => readFile(join(REPOSITORY, 'systemd', name), 'utf8');
const noAnalyze = existsSync('/usr/bin/systemd-analyze') ? false : 'needs systemd-analyze';

t.test('systemd-analyze finds nothing to complain about', { skip: noAnalyze }, async (t) => {
  const folder = t.testdir({});
  for (const name of UNITS) await writeFile(join(folder, name), await unit(name));
  // The template alone cannot be judged.
  const instance = join(folder, 'detectd-gpumem@1.service');
  await writeFile(instance, await unit('detectd-gpumem@.service'));
  const paths = [join(folder, 'detectd-gpumem.socket'), instance];
  const verified = await runProgram('systemd-analyze', ['verify', '--man=no', ...paths], 30_000);
  const about = (verified.stderr + verified.stdout).split('\n').filter((line) => line.includes('gpumem'));
  t.strictSame(about, []);
  const ran = await runProgram(
    'systemd-analyze',
    ['security', '--offline=yes', '--no-pager', instance],
    30_000,
  );
  const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(ran.stdout)?.[1]);
  if (Number.isNaN(exposure)) return t.comment('this systemd-analyze has no offline mode (before 250)');
  t.ok(exposure <= MOST_EXPOSURE, `exposure ${exposure} of 10`);
});

/** Reads what the socket sends, as detectd does, and prints it, or why it could not. */
const CLIENT = `
import { askGpuHelper } from '/srv/dist/device/gpu-helper.js';
console.log(JSON.stringify(await askGpuHelper()));
`;

const obstacle = (await containerObstacle()) ?? false;
t.test('the helper under systemd', { skip: obstacle }, async (t) => {
  const container = new SystemdContainer();
  t.teardown(() => container.close());
  await container.prepare();
  const at = (path: string) => join(container.root, path);
  container.bind(join(REPOSITORY, 'dist'), '/srv/dist');
  await writeFile(at('srv/client.mjs'), CLIENT);
  await writeFile(at('srv/package.json'), '{ "type": "module" }');
  const debug = 'srv/debug/nvmap/iovmm';
  await mkdir(at(debug), { recursive: true });
  const table = await readFile(join(REPOSITORY, NVMAP), 'utf8');
  await writeFile(at(`${debug}/clients`), table, { mode: 0o400 });
  const units = at('etc/systemd/system');
  for (const name of UNITS) await writeFile(join(units, name), await unit(name));
  // There is no nvmap in here: the table comes from a folder that stands for debugfs.
  await mkdir(join(units, 'detectd-gpumem@.service.d'));
  await writeFile(
    join(units, 'detectd-gpumem@.service.d/stand-in.conf'),
    '[Unit]\nRequiresMountsFor=\n[Service]\nBindReadOnlyPaths=/srv/debug:/sys/kernel/debug\n',
  );
  for (const [file, line] of [
    ['passwd', 'detectd:x:990:990::/:/usr/sbin/nologin\nstranger:x:991:991::/:/usr/sbin/nologin\n'],
    ['group', 'detectd:x:990:\nstranger:x:991:\nvideo:x:992:\nrender:x:993:\n'],
  ] as const)
    await writeFile(at(`etc/${file}`), (await readFile(at(`etc/${file}`), 'utf8')) + line);
  await container.boot();
  await container.must(['systemctl', 'start', 'detectd-gpumem.socket']);

  const node = process.execPath;
  const ask = async (user: string): Promise<{ ok: boolean; stdout?: string; reason?: string }> => {
    const who = ['--reuid', user, '--regid', user, '--clear-groups', '--inh-caps=-all'];
    const ran: Ran = await container.run([
      'env',
      '-u',
      'NODE_OPTIONS',
      'setpriv',
      ...who,
      node,
      '/srv/client.mjs',
    ]);
    if (ran.status !== 0) throw new Error(ran.stderr);
    return JSON.parse(ran.stdout);
  };

  await t.test('the group detectd gets numbers and sizes, no names', async (t) => {
    const answer = await ask('detectd');
    t.match(answer, { ok: true }, await container.must(['journalctl', '-n', '30', '--no-pager']));
    t.strictSame(parseHelperAnswer(answer.stdout ?? ''), {
      processes: [
        { pid: 4481, bytes: 118372 * 1024 },
        { pid: 1012, bytes: 0 },
      ],
      totalBytes: 141896 * 1024,
    });
    t.notMatch(answer.stdout, /gem|nvargus/);
  });

  await t.test('the sandbox of the daemon lets it ask', async (t) => {
    // The daemon's own unit, running this client once.
    const asker = (await unit('detectd.service'))
      .replace(/^ExecStart=.*$/m, `ExecStart=${node} /srv/client.mjs\nStandardOutput=file:/srv/answer.json`)
      .replace(/^Type=.*$/m, 'Type=oneshot')
      .replace(/^(Restart|WatchdogSec|ExecReload|NotifyAccess)=.*$/gm, '');
    await writeFile(join(units, 'asker.service'), asker);
    await container.must(['systemctl', 'daemon-reload']);
    await container.must(['systemctl', 'start', 'asker']);
    t.match(JSON.parse(await readFile(at('srv/answer.json'), 'utf8')), {
      ok: true,
      stdout: /^4481 118372K\n/,
    });
  });

  await t.test('a stranger gets nothing', async (t) => {
    t.strictSame(await ask('stranger'), { ok: false, reason: 'may not be asked by this user' });
  });

  await t.test('asked often it goes on answering, and nothing is left behind', async (t) => {
    for (let round = 0; round < 12; round += 1) t.equal((await ask('detectd')).ok, true);
    await container.until('the helpers to be gone', 10_000, async () => {
      const list = await container.must(['systemctl', 'list-units', '--all', '--plain', 'detectd-gpumem@*']);
      return !list.includes('.service');
    });
    t.match(await container.show('detectd-gpumem.socket', 'ActiveState', 'NConnections'), {
      ActiveState: 'active',
      NConnections: '0',
    });
  });

  await t.test('an endless table is cut, and the cut one is not believed', async (t) => {
    const rows = Array.from({ length: 20_000 }, (_, pid) => `user      process     ${pid + 1}    4K\n`);
    await writeFile(at(`${debug}/clients`), `CLIENT PROCESS PID SIZE\n${rows.join('')}total   80000K\n`);
    const { stdout = '' } = await ask('detectd');
    t.ok(stdout.split('\n').length <= 4097);
    t.ok(stdout.length < 100_000);
    t.equal(parseHelperAnswer(stdout), undefined);
  });

  await t.test('without a table it says nothing, and the socket stays', async (t) => {
    await container.must(['rm', '/srv/debug/nvmap/iovmm/clients']);
    t.match(await ask('detectd'), { ok: true, stdout: '' });
    await writeFile(at(`${debug}/clients`), table);
    t.match(await ask('detectd'), { ok: true, stdout: /^4481 118372K\n/ });
  });
});
