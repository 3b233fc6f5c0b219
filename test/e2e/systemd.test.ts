/** The daemon as an installed service under a real systemd: every promise of the unit, in one boot. */
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { InstalledService, START_DEADLINE_MS } from '../helpers/installed-service.js';
import { REPOSITORY } from '../helpers/stand-in-checkout.js';
import { containerObstacle } from '../helpers/systemd-container.js';

const configuration = `
mqtt: { broker: embedded }
health: { reboot: true }
models:
  shapes: { bundle: /opt/detectd/current/config/bundles/shapes, threads: 1 }
cameras:
  drawn: { source: "test:shapes", model: shapes, fps: 5 }
`;
/** Short, so that the test is. */
const DROP_IN = `
[Service]
WatchdogSec=6s
RestartSec=500ms
`;

const obstacle = await containerObstacle();

t.test('the daemon as a service', { skip: obstacle ?? false }, async (t) => {
  const service = new InstalledService();
  const { container } = service;
  const checkout = await mkdtemp(join(tmpdir(), 'detectd-checkout-'));
  t.teardown(async () => {
    await container.close();
    await rm(checkout, { recursive: true, force: true });
  });
  await service.prepare(configuration, '--allow-reboot', 'yes');
  // The next version: the same program with one line more.
  for (const part of [
    'dist',
    'config',
    'systemd',
    'scripts',
    'package.json',
    'package-lock.json',
    'README.md',
  ])
    await cp(join(REPOSITORY, part), join(checkout, part), { recursive: true });
  await writeFile(
    join(checkout, 'dist/cli.js'),
    `${await readFile(join(checkout, 'dist/cli.js'), 'utf8')}\n//\n`,
  );
  await mkdir(join(checkout, 'node_modules'));
  container.bind(checkout, '/srv/next');
  container.bind(await realpath(join(REPOSITORY, 'node_modules')), '/srv/next/node_modules');
  await container.boot();
  for (const folder of ['/var/cache/detectd', '/var/lib/detectd']) {
    await container.must(['mkdir', '-p', folder]);
    await container.must(['mount', '-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder]);
  }
  await service.dropIn('detectd.service', DROP_IN);
  const mainPid = () => service.property('MainPID');
  const active = () =>
    container.until(
      'active',
      START_DEADLINE_MS,
      async () => (await service.property('ActiveState')) === 'active',
    );

  await t.test('becomes active after the first inference and shows what it does', async (t) => {
    await container.must(['systemctl', 'start', 'detectd'], START_DEADLINE_MS);
    const ready = await service.said(/model \\"shapes\\" ready/);
    t.equal(await service.property('ActiveState'), 'active');
    const activeUs = Number(await service.property('ActiveEnterTimestampMonotonic'));
    t.ok(activeUs >= (ready.writtenUs ?? Infinity), `active ${activeUs}, ready ${ready.writtenUs}`);
    await container.until('its status', START_DEADLINE_MS, async () =>
      /^ready: 1 of 1 cameras online, \d/.test(await service.property('StatusText')),
    );
    t.comment(`status: ${await service.property('StatusText')}`);
  });

  await t.test(
    'every process runs as the user detectd, without capabilities, within its limits',
    async (t) => {
      const passwd = await readFile(service.at('etc/passwd'), 'utf8');
      const uid = /^detectd:[^:]*:(\d+)/m.exec(passwd)?.[1];
      const [main = '', ...workers] = await service.processes();
      t.ok(workers.length >= 1, 'supervising process and worker');
      for (const pid of [main, ...workers]) {
        const status = await container.must(['cat', `/proc/${pid}/status`]);
        t.match(status, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t`, 'm'));
        t.match(status, /^CapEff:\t0+$/m);
        t.match(status, /^Seccomp:\t2$/m);
        t.equal((await container.must(['ps', '-o', 'ni=', '-p', pid])).trim(), '5');
      }
      const score = async (pid: string) =>
        (await container.must(['cat', `/proc/${pid}/oom_score_adj`])).trim();
      // In a container systemd may not be allowed to lower it, and goes on.
      t.equal(await service.property('OOMScoreAdjust'), '-250');
      t.equal(await score(await service.worker()), '500');
      const memory = Number(/^MemTotal:\s+(\d+)/m.exec(await readFile('/proc/meminfo', 'utf8'))?.[1]) * 1024;
      const most = Number(await service.property('MemoryMax'));
      t.ok(most > 0.85 * memory && most < 0.95 * memory, `at most ${most} of ${memory} bytes`);
    },
  );

  await t.test('only the supervising process knows the socket of systemd', async (t) => {
    const [main, ...workers] = await service.processes();
    t.match(await container.must(['cat', `/proc/${main}/environ`]), /NOTIFY_SOCKET=/);
    for (const worker of workers)
      t.notMatch(await container.must(['cat', `/proc/${worker}/environ`]), /NOTIFY_SOCKET=|WATCHDOG_/);
  });

  await t.test('a reload is told to systemd, and changes nothing when it is refused', async (t) => {
    const before = await mainPid();
    await service.configure(configuration.replace('threads: 1', 'threads: 2'));
    let since = await service.nowUs();
    // Told by the daemon: without a control process, which is the command of the reload. A look from here takes too long.
    const look = `systemctl reload --no-block detectd; for i in $(seq 3000); do
      case $(systemctl show -p ActiveState -p ControlPID detectd | sort | tr '\\n' ' ') in
        'ActiveState=reloading ControlPID=0 ') echo seen; break ;;
      esac
    done`;
    t.equal(await container.must(['sh', '-c', look], START_DEADLINE_MS), 'seen\n');
    await service.said(/configuration applied/, since);
    await active();
    await service.running(since);
    since = await service.nowUs();
    await service.configure('models: [broken');
    await container.must(['systemctl', 'reload', 'detectd']);
    const refused = await service.said(/reload refused/, since);
    t.equal(refused.priority, 3);
    await active();
    await service.configure(configuration);
    await container.must(['systemctl', 'reload', 'detectd']);
    await service.running(since);
    t.equal(await mainPid(), before);
  });

  await t.test('each line of the log has the priority of its level, the workers’ lines too', async (t) => {
    const lines = (await service.journal()).filter(({ object }) => object !== undefined);
    const expected: Record<number, number> = { 10: 7, 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 };
    t.ok(lines.length > 5);
    t.strictSame(
      lines.filter(({ object, priority }) => priority !== expected[object?.level ?? 0]),
      [],
    );
    const warnings = await service.journal('detectd', '-p', 'warning');
    t.ok(warnings.some(({ text }) => /reload refused/.test(text)));
    t.ok(warnings.every(({ object }) => (object?.level ?? 40) >= 40));
  });

  await t.test('kill -9 or SIGSTOP of the worker: another one, and the service goes on', async (t) => {
    const before = await mainPid();
    for (const signal of ['KILL', 'STOP']) {
      const worker = await service.worker();
      const since = await service.nowUs();
      await service.signal(signal, worker);
      await service.running(since);
      t.comment(
        `after SIG${signal} the next worker was ready in ${((await service.nowUs()) - since) / 1e6} s`,
      );
      await container.until(
        'the end of the old one',
        START_DEADLINE_MS,
        async () => !(await service.exists(worker)),
      );
      t.equal(await mainPid(), before, signal);
      t.not(await service.worker(), worker);
      if (signal === 'STOP') continue;
      // Programs find it without reading messages.
      await container.until('the event in the journal', START_DEADLINE_MS, async () => {
        const fields = ['DETECTD_EVENT=worker-failed', 'DETECTD_CODE=WORKER_CRASHED'];
        const found = await service.journal('detectd', ...fields);
        return found.some(({ monotonicUs, priority }) => monotonicUs > since && priority === 3);
      });
    }
    t.equal(await service.property('NRestarts'), '0');
  });

  await t.test('kill -9 or SIGSTOP of the supervising process: systemd starts it again', async (t) => {
    for (const [signal, restarts] of [
      ['KILL', '1'],
      ['STOP', '2'],
    ] as const) {
      const before = await service.processes();
      const since = await service.nowUs();
      await service.signal(signal, before[0] ?? '');
      await service.running(since);
      t.equal(await service.property('NRestarts'), restarts, signal);
      for (const pid of before) t.notOk(await service.exists(pid), `process ${pid} is gone`);
      t.comment(`after SIG${signal} it was ready again in ${((await service.nowUs()) - since) / 1e6} s`);
    }
    await service.said(/Watchdog timeout/);
  });

  await t.test('with full disks it goes on, starts, and recovers', async (t) => {
    const before = await mainPid();
    const worker = await service.worker();
    const folders = ['/var/cache/detectd', '/var/lib/detectd'];
    for (const folder of folders) await container.run(['dd', 'if=/dev/zero', `of=${folder}/full`, 'bs=64k']);
    let since = await service.nowUs();
    await service.signal('KILL', worker);
    await service.running(since);
    t.equal(await mainPid(), before, 'a worker starts on full disks');
    since = await service.nowUs();
    await container.must(['systemctl', 'restart', 'detectd'], START_DEADLINE_MS);
    await service.running(since);
    t.comment(
      (await service.journal('detectd', '-p', 'warning', '-n', '5')).map(({ text }) => text).join('\n'),
    );
    for (const folder of folders) await container.must(['rm', `${folder}/full`]);
    since = await service.nowUs();
    await container.must(['systemctl', 'restart', 'detectd'], START_DEADLINE_MS);
    await service.running(since);
  });

  await t.test(
    'a broken configuration is tried ever less often, and at once when it is mended',
    async (t) => {
      await service.configure('models: [broken');
      await container.run(['systemctl', 'restart', 'detectd'], START_DEADLINE_MS);
      const pause = await service.said(/next start is in \d+ s/);
      t.equal(pause.priority, 4);
      t.ok((await service.journal()).some(({ text, priority }) => /^CONFIG_/.test(text) && priority === 3));
      const since = await service.nowUs();
      await service.configure(configuration);
      await service.running(since);
      t.comment(`back ${((await service.nowUs()) - since) / 1e6} s after it was mended`);
    },
  );

  await t.test('a storm of sixty deaths does not end it', async (t) => {
    await service.dropIn(
      'detectd.service',
      '[Service]\nRestartSec=10ms\nExecStartPre=\nExecStopPost=\nExecStart=\nExecStart=+/bin/false\n',
      'zz-storm.conf',
    );
    await container.run(['systemctl', 'restart', 'detectd']);
    await container.until(
      '60 restarts',
      START_DEADLINE_MS,
      async () => Number(await service.property('NRestarts')) >= 60,
    );
    t.not(await service.property('ActiveState'), 'failed');
    const since = await service.nowUs();
    await service.dropIn('detectd.service', undefined, 'zz-storm.conf');
    await service.running(since);
  });

  await t.test('a reboot is made once for each request, if the machine runs long enough', async (t) => {
    const final = (minimum: number) =>
      `[Service]\nEnvironment=MIN_UPTIME_S=${minimum}\nExecStart=\nExecStart=+/bin/mkdir /run/rebooted\n`;
    const ask = async () => {
      const script = `import { requestReboot } from '/opt/detectd/current/dist/health/reboot-request.js';
        await requestReboot('/run/detectd', 'a $(touch /run/shell) test', { wallMs: () => 0 });`;
      const as = ['setpriv', '--reuid=detectd', '--regid=detectd', '--clear-groups'];
      await container.must([...as, process.execPath, '--input-type=module', '--eval', script]);
    };
    const answered = async (pattern: RegExp, since: number) => {
      await service.said(pattern, since, 'detectd-reboot.service');
      await container.until('the end of the answer', START_DEADLINE_MS, async () => {
        const { ActiveState } = await container.show('detectd-reboot.service', 'ActiveState');
        return ActiveState === 'inactive';
      });
      t.notOk(existsSync(service.at('run/detectd/reboot-request')));
    };
    const rebooted = async () => (await container.run(['rmdir', '/run/rebooted'])).status === 0;

    await service.dropIn('detectd-reboot.service', final(0));
    let since = await service.nowUs();
    await ask();
    await answered(/rebooting after/, since);
    t.ok(await rebooted());
    since = await service.nowUs();
    await service.dropIn('detectd-reboot.service', final(1e9));
    await ask();
    await answered(/no reboot: the machine was started only/, since);
    t.notOk(await rebooted());
    since = await service.nowUs();
    await service.dropIn('detectd-reboot.service', final(0));
    await container.must(['ln', '-s', '/etc/shadow', '/run/detectd/reboot-request']);
    await answered(/no request of detectd/, since);
    t.notOk(await rebooted());
    const lines = await service.journal('detectd-reboot.service');
    t.equal(lines.filter(({ text }) => /rebooting after/.test(text)).length, 1);
    t.notMatch(lines.map(({ text }) => text).join('\n'), /root:/);
    t.notOk(existsSync(service.at('run/shell')));
  });

  await t.test('an upgrade in place: one restart, and the version before is kept', async (t) => {
    const before = await mainPid();
    const old = await readlink(service.at('opt/detectd/current'));
    const since = await service.nowUs();
    await container.must(['/srv/next/scripts/install', '--now'], 120_000);
    await service.running(since);
    t.not(await mainPid(), before);
    t.not(await readlink(service.at('opt/detectd/current')), old);
    t.equal(await readlink(service.at('opt/detectd/previous')), old);
    t.equal(await service.property('NotifyAccess'), 'main');
    t.equal(await service.property('NRestarts'), '0');
  });

  await t.test('without the sd-notify addon the systemd-notify command speaks for it', async (t) => {
    await container.must(['rm', '-r', '/opt/detectd/current/node_modules/sd-notify']);
    let since = await service.nowUs();
    await container.must(['/srv/next/scripts/install', '--now'], 120_000);
    await service.running(since);
    t.equal(await service.property('NotifyAccess'), 'all');
    await service.said(/the systemd-notify command is run instead/, since);
    const main = await mainPid();
    for (let ping = 0; ping < 3; ping += 1) {
      const last = await service.property('WatchdogTimestampMonotonic');
      await container.until('a ping', START_DEADLINE_MS, async () => {
        return (await service.property('WatchdogTimestampMonotonic')) !== last;
      });
    }
    t.equal(await mainPid(), main, 'the watchdog is fed');
    t.match(await service.property('StatusText'), /cameras online/);
    since = await service.nowUs();
    await container.must(['systemctl', 'reload', 'detectd']);
    await service.said(/configuration read again/, since);
    await active();
  });

  await t.test('a stop ends every process cleanly and by itself', async (t) => {
    const all = await service.processes();
    await container.must(['systemctl', 'stop', 'detectd']);
    // A service that had to be killed would end with the result `timeout`.
    const after = await container.show('detectd', 'Result', 'ExecMainStatus', 'ActiveState', 'SubState');
    t.strictSame(after, {
      Result: 'success',
      ExecMainStatus: '0',
      ActiveState: 'inactive',
      SubState: 'dead',
    });
    for (const pid of all) t.notOk(await service.exists(pid), `process ${pid} is gone`);
    t.notOk(existsSync(service.at('run/detectd')), 'and its runtime folder');
  });

  await t.test('a configuration that the service may not read is a clear failure', async (t) => {
    await chmod(service.at('etc/detectd/detectd.yaml'), 0o600);
    await container.must(['chown', 'root:root', '/etc/detectd/detectd.yaml']);
    await container.must(['systemctl', 'start', '--no-block', 'detectd']);
    t.equal((await service.said(/CONFIG_NOT_FOUND/)).priority, 3);
    await container.until('its status', START_DEADLINE_MS, async () => {
      return (await service.property('ExecMainStatus')) === '2';
    });
  });

  await t.test('uninstall --purge leaves nothing', async (t) => {
    for (const folder of ['/var/cache/detectd', '/var/lib/detectd'])
      await container.must(['umount', '-l', folder]);
    await container.must(['/srv/next/scripts/uninstall', '--purge'], 60_000);
    const found = await container.must([
      'find',
      '/etc',
      '/opt',
      '/usr/local',
      '/var/lib',
      '/var/cache',
      '/run',
      '-iname',
      '*detectd*',
    ]);
    t.equal(found, '');
    t.notMatch(await readFile(service.at('etc/passwd'), 'utf8'), /detectd/);
    t.notMatch(await readFile(service.at('etc/group'), 'utf8'), /^detectd/m);
    const units = await container.run(['systemctl', 'list-unit-files', '--no-legend', 'detectd*']);
    t.equal(units.stdout.trim(), '');
  });
});
