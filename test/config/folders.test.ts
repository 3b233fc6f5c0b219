/** Where things are kept, by configuration, systemd, user and environment. */
import t from 'tap';
import { configCandidates, deviceId, findConfig, resolveFolders } from '../../dist/config/folders.js';
import { testConfig } from '../helpers/config.js';

t.test('the configuration, then systemd, then root, then XDG decide', (t) => {
  const systemd = { STATE_DIRECTORY: '/run/s:/run/other', CACHE_DIRECTORY: '/run/c' };
  const cases: [Record<string, unknown>, NodeJS.ProcessEnv, number, string, string][] = [
    [{ state: '/my/state' }, systemd, 0, '/my/state', '/run/c'],
    [{}, systemd, 999, '/run/s', '/run/c'],
    [{}, {}, 0, '/var/lib/detectd', '/var/cache/detectd'],
    [{}, { XDG_STATE_HOME: '/x', XDG_CACHE_HOME: '/y' }, 0, '/var/lib/detectd', '/var/cache/detectd'],
    [{}, { XDG_STATE_HOME: '/x', XDG_CACHE_HOME: '/y' }, 999, '/x/detectd', '/y/detectd'],
    [
      {},
      { XDG_STATE_HOME: 'relative', STATE_DIRECTORY: '' },
      999,
      '/home/u/.local/state/detectd',
      '/home/u/.cache/detectd',
    ],
  ];
  for (const [paths, env, uid, state, cache] of cases) {
    t.strictSame(resolveFolders(testConfig({ paths }), { env, uid, home: '/home/u' }), { state, cache });
  }
  t.end();
});

t.test("this process's user counts when none is given", (t) => {
  const root = process.getuid?.() === 0;
  const { state } = resolveFolders(testConfig(), { env: {}, home: '/home/u' });
  t.equal(state, root ? '/var/lib/detectd' : '/home/u/.local/state/detectd');
  t.end();
});

t.test('a configuration is looked for from the nearest to the most general place', async (t) => {
  const env = { XDG_CONFIG_HOME: '/xdg' };
  const places = configCandidates({ env });
  t.match(places, ['/xdg/detectd/detectd.yaml', '/etc/detectd/detectd.yaml', /\/detectd\.yaml$/]);
  t.strictSame(configCandidates({ env: {}, home: '/home/u' })[0], '/home/u/.config/detectd/detectd.yaml');
  for (const place of places) t.equal(await findConfig(env, async (path) => path === place), place);
  t.equal(await findConfig({ ...env, DETECTD_CONFIG: '/my.yaml' }, async () => true), '/my.yaml');
  await t.rejects(
    findConfig({ ...env, DETECTD_CONFIG: '' }, async () => false),
    {
      code: 'CONFIG_NOT_FOUND',
      message: /\/xdg\/detectd\/detectd\.yaml, \/etc\/detectd/,
    },
  );
  const folder = t.testdir({ detectd: { 'detectd.yaml': '' } });
  t.equal(await findConfig({ XDG_CONFIG_HOME: folder }), `${folder}/detectd/detectd.yaml`);
});

t.test('any host name becomes a name that fits into a topic', (t) => {
  const names: [string, string][] = [
    ['dock-3', 'dock-3'],
    ['Dock_3.example.org', 'dock_3'],
    ['Jörgs Küche', 'j-rgs-k-che'],
    ['--x--', 'x'],
    ['', 'device'],
    ['日本', 'device'],
    ['a/b+c#', 'a-b-c'],
    ['x'.repeat(100), 'x'.repeat(63)],
  ];
  for (const [host, id] of names) {
    t.equal(deviceId(testConfig(), host), id);
    t.doesNotThrow(() => testConfig({ device: { id } }), 'the schema accepts it');
  }
  t.equal(deviceId(testConfig({ device: { id: 'mine' } }), 'host'), 'mine');
  t.end();
});
