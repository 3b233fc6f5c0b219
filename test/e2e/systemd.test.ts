/** The daemon as an installed service under a real systemd: start, reload, crash, stop. */
import { existsSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { REPOSITORY } from '../helpers/stand-in-checkout.js';
import { containerObstacle, runProgram, SystemdContainer } from '../helpers/systemd-container.js';

const BUNDLE = join(REPOSITORY, '../shared/models/picodet_xs_416_coco');
const START_DEADLINE_MS = 90_000;

const configuration = `
mqtt: { broker: embedded }
models:
  demo: { bundle: /srv/models/demo, threshold: 0.4, threads: 1 }
cameras:
  ball: { source: "test:ball", model: demo, fps: 5 }
`;

const obstacle = existsSync(BUNDLE) ? await containerObstacle() : 'needs the model in ../shared';

t.test('the daemon as a service', { skip: obstacle ?? false }, async (t) => {
  const container = new SystemdContainer();
  t.teardown(() => container.close());
  await container.prepare();
  container.bind(BUNDLE, '/srv/models/demo');
  const installed = await runProgram(
    join(REPOSITORY, 'scripts/install'),
    ['--root', container.root],
    120_000,
  );
  if (installed.status !== 0) throw new Error(`scripts/install: ${installed.stderr}`);
  const configPath = join(container.root, 'etc/detectd/detectd.yaml');
  await writeFile(configPath, configuration);
  await container.boot();

  const property = async (name: string) => (await container.show('detectd', name))[name] ?? '';
  const journal = () => container.must(['journalctl', '-u', 'detectd', '-o', 'cat', '--no-pager']);
  /** Every process of the service, the supervising one first. */
  const processes = async () => {
    const main = await property('MainPID');
    const children = await container.run(['cat', `/proc/${main}/task/${main}/children`]);
    return [main, ...children.stdout.trim().split(/\s+/).filter(Boolean)];
  };

  await t.test('becomes active after READY and shows what it does', async (t) => {
    await container.must(['systemctl', 'start', 'detectd'], START_DEADLINE_MS);
    t.equal(await property('ActiveState'), 'active');
    t.not(await property('StatusText'), '');
    t.comment(`status: ${await property('StatusText')}`);
  });

  await t.test('every process runs as the user detectd, without capabilities', async (t) => {
    const passwd = await readFile(join(container.root, 'etc/passwd'), 'utf8');
    const uid = /^detectd:[^:]*:(\d+)/m.exec(passwd)?.[1];
    const all = await processes();
    t.ok(all.length >= 2, 'supervising process and worker');
    for (const pid of all) {
      const status = await container.must(['cat', `/proc/${pid}/status`]);
      t.match(status, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t`, 'm'));
      t.match(status, /^CapEff:\t0+$/m);
      t.match(status, /^Seccomp:\t2$/m);
    }
  });

  await t.test('only the supervising process knows the socket of systemd', async (t) => {
    const [main, ...workers] = await processes();
    t.match(await container.must(['cat', `/proc/${main}/environ`]), /NOTIFY_SOCKET=/);
    for (const worker of workers)
      t.notMatch(await container.must(['cat', `/proc/${worker}/environ`]), /NOTIFY_SOCKET=|WATCHDOG_/);
  });

  await t.test('logs to the journal as JSON, one object a line', async (t) => {
    const lines = (await journal()).split('\n').filter((line) => line.startsWith('{'));
    t.ok(lines.length > 0);
    for (const line of lines) t.ok(JSON.parse(line).level, line.slice(0, 100));
  });

  await t.test('reloads a good configuration and refuses a broken one, without a restart', async (t) => {
    const before = await property('MainPID');
    for (const text of [configuration.replace('fps: 5', 'fps: 4'), 'models: [broken', configuration]) {
      await writeFile(configPath, text);
      await container.must(['systemctl', 'reload', 'detectd']);
      await container.until(
        'the reload',
        START_DEADLINE_MS,
        async () => (await property('ActiveState')) === 'active',
      );
    }
    t.equal(await property('MainPID'), before);
    await container.until('the refusal in the journal', 10_000, async () => /refused/.test(await journal()));
  });

  await t.test('is started again after kill -9 of the supervising process', async (t) => {
    const before = await processes();
    await container.must(['systemctl', 'kill', '--kill-who=main', '--signal=SIGKILL', 'detectd']);
    await container.until('the restart', START_DEADLINE_MS, async () => {
      const now = await container.show('detectd', 'NRestarts', 'ActiveState', 'MainPID');
      return now['NRestarts'] === '1' && now['ActiveState'] === 'active' && now['MainPID'] !== before[0];
    });
    const after = await processes();
    t.strictSame(
      after.filter((pid) => before.includes(pid)),
      [],
      'nothing of the old one is left',
    );
  });

  await t.test('a stop ends every process cleanly and by itself', async (t) => {
    const all = await processes();
    await container.must(['systemctl', 'stop', 'detectd']);
    // A service that had to be killed would end with the result `timeout`.
    const after = await container.show('detectd', 'Result', 'ExecMainStatus', 'ActiveState', 'SubState');
    t.strictSame(after, {
      Result: 'success',
      ExecMainStatus: '0',
      ActiveState: 'inactive',
      SubState: 'dead',
    });
    for (const pid of all)
      t.not((await container.run(['test', '-e', `/proc/${pid}`])).status, 0, `process ${pid} is gone`);
  });

  await t.test('a configuration that the service may not read is a clear failure', async (t) => {
    await chmod(configPath, 0o600);
    await container.run(['chown', 'root:root', '/etc/detectd/detectd.yaml']);
    await container.must(['systemctl', 'start', '--no-block', 'detectd']);
    await container.until('the failure', START_DEADLINE_MS, async () =>
      /CONFIG_NOT_FOUND/.test(await journal()),
    );
    await container.until(
      'its status',
      START_DEADLINE_MS,
      async () => (await property('ExecMainStatus')) === '2',
    );
    t.equal(await property('Restart'), 'always', 'and it is tried again: a disk may come late');
    await container.must(['systemctl', 'stop', 'detectd']);
  });
});
