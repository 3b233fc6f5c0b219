/** SystemdNotifier inside real units: what it says is what systemd understands, over both ways. */
import { cp, mkdir, realpath, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import t from 'tap';
import { MESSAGE_IDS } from '../../dist/health/journal-event.js';
import { containerObstacle, SystemdContainer } from '../helpers/systemd-container.js';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const SERVICE = '/srv/repository/test/helpers/notifier-service.mjs';

const obstacle = await containerObstacle();

t.test('the notifier under a real systemd', { skip: obstacle ?? false }, async (t) => {
  const container = new SystemdContainer();
  t.teardown(() => container.close());
  await container.prepare();
  container.bind(REPOSITORY, '/srv/repository');
  // The packages may lie elsewhere, behind a link.
  container.bind(await realpath(join(REPOSITORY, 'node_modules')));
  for (const transport of ['addon', 'command'])
    await writeFile(
      join(container.root, `etc/systemd/system/notifier-${transport}.service`),
      unit(transport),
    );
  const catalog = join(container.root, 'usr/local/lib/systemd/catalog');
  await mkdir(catalog, { recursive: true });
  await cp(join(REPOSITORY, 'systemd/detectd.catalog'), join(catalog, 'detectd.catalog'));
  await container.boot();
  await container.must(['journalctl', '--update-catalog']);

  for (const transport of ['addon', 'command']) {
    const name = `notifier-${transport}.service`;
    const status = async () => (await container.show(name, 'StatusText'))['StatusText'];
    const pid = async () => (await container.show(name, 'MainPID'))['MainPID'] ?? '0';

    await t.test(`${transport}: READY makes the unit active, STATUS is shown`, async (t) => {
      await container.must(['systemctl', 'start', name]);
      t.equal((await container.show(name, 'ActiveState'))['ActiveState'], 'active');
      t.equal(await status(), `by ${transport}, every 1000 ms`);
    });

    await t.test(`${transport}: a reload ends in READY again`, async (t) => {
      const before = await pid();
      await container.must(['systemctl', 'reload', name]);
      await container.until('the reload', 10_000, async () => (await status()) === 'reloaded 1');
      await container.until('active', 10_000, async () => {
        return (await container.show(name, 'ActiveState'))['ActiveState'] === 'active';
      });
      t.equal(await pid(), before);
    });

    await t.test(`${transport}: an event is in the journal of the unit, with its fields`, async (t) => {
      const query = ['journalctl', '-u', name, 'DETECTD_EVENT=config-refused', '-o', 'json', '--no-pager'];
      let entry: Record<string, string> = {};
      await container.until('the event', 20_000, async () => {
        const text = await container.must(query);
        if (text !== '') entry = JSON.parse(text.split('\n')[0] ?? '');
        return text !== '';
      });
      t.match(entry, {
        MESSAGE: 'it is wrong',
        MESSAGE_ID: MESSAGE_IDS['config-refused'],
        PRIORITY: '3',
        SYSLOG_IDENTIFIER: 'detectd',
        DETECTD_CODE: 'CONFIG_INVALID',
        _SYSTEMD_UNIT: name,
      });
      t.match(
        await container.must([...query.slice(0, 4), '-x']),
        'A new configuration was refused (CONFIG_INVALID)',
      );
    });

    await t.test(
      `${transport}: pings keep the watchdog calm, without them the unit is restarted`,
      async (t) => {
        const before = await pid();
        const stamp = async () =>
          (await container.show(name, 'WatchdogTimestampMonotonic'))['WatchdogTimestampMonotonic'];
        const first = await stamp();
        // Three pings later more than the whole WatchdogSec has passed.
        for (let ping = 0, last = first; ping < 3; ping += 1) {
          await container.until('a ping', 10_000, async () => (await stamp()) !== last);
          last = await stamp();
        }
        t.equal(await pid(), before);
        await container.must(['systemctl', 'kill', '--kill-who=main', '--signal=SIGUSR1', name]);
        await container.until('the restart', 20_000, async () => {
          const now = await container.show(name, 'NRestarts', 'ActiveState');
          return now['NRestarts'] === '1' && now['ActiveState'] === 'active';
        });
        t.not(await pid(), before);
        t.match(
          await container.must(['journalctl', '-u', name, '-o', 'cat']),
          /Watchdog timeout.*\n(.*\n)*.*SIGABRT|status=6\/ABRT/,
        );
      },
    );

    await t.test(`${transport}: a stop ends cleanly`, async (t) => {
      await container.must(['systemctl', 'stop', name]);
      const after = await container.show(name, 'Result', 'ExecMainStatus', 'ActiveState');
      t.strictSame(after, { Result: 'success', ExecMainStatus: '0', ActiveState: 'inactive' });
    });
  }
});

function unit(transport: string): string {
  const argument = transport === 'command' ? ' --command' : '';
  return `[Service]
Type=notify
NotifyAccess=${transport === 'command' ? 'all' : 'main'}
ExecStart=${process.execPath} ${SERVICE}${argument}
ExecReload=/bin/kill -HUP $MAINPID
WatchdogSec=2s
TimeoutStartSec=20s
TimeoutStopSec=10s
Restart=always
RestartSec=100ms
LimitCORE=0
`;
}
