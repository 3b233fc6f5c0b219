/** What is said to systemd, over which way, and that no fault of that way reaches the daemon. */
import t from 'tap';
import { createLogger } from '../../dist/base/logger.js';
import {
  childEnvironment,
  type NotifyLoader,
  SystemdNotifier,
  statusLine,
  watchdogIntervalMs,
} from '../../dist/health/sd-notify.js';
import { FakeClock } from '../helpers/fake-clock.js';

const log = createLogger({ level: 'silent', pretty: false });
const SOCKET = { NOTIFY_SOCKET: '/run/systemd/notify' };
const missing = () => Promise.reject(new Error('not installed'));

/** A notifier whose ways out only remember what they were given. */
function notifier(
  options: { env?: NodeJS.ProcessEnv; load?: Partial<NotifyLoader>; clock?: FakeClock; pid?: number } = {},
) {
  const sent: string[] = [];
  const load: NotifyLoader = {
    addon: async () => ({ sendState: (state) => void sent.push(state) }),
    command: async () => async (given) =>
      void sent.push(given.ready ? '--ready' : `--status=${given.status}`),
    raw: async (assignments) => void sent.push(assignments.join(' ')),
    ...options.load,
  };
  const clock = options.clock ?? new FakeClock({ monotonicUs: 7_000_000 });
  const { env = SOCKET, pid } = options;
  return { sent, clock, it: new SystemdNotifier({ env, log, clock, load, ...(pid ? { pid } : {}) }) };
}

t.test('with the addon every message is one datagram of assignments', async (t) => {
  const { it, sent } = notifier();
  await it.start();
  t.equal(it.transport, 'addon');
  it.status('loading');
  it.extendTimeout(30_000_000.4);
  it.ready();
  it.reloading();
  it.ready();
  it.watchdog();
  it.stopping();
  await it.close();
  t.strictSame(sent, [
    'STATUS=loading',
    'EXTEND_TIMEOUT_USEC=30000000',
    'READY=1',
    'RELOADING=1\nMONOTONIC_USEC=7000000',
    'READY=1',
    'WATCHDOG=1',
    'STOPPING=1',
  ]);
});

t.test('outside systemd nothing is loaded and nothing is sent', async (t) => {
  for (const env of [{}, { NOTIFY_SOCKET: '' }, { NOTIFY_SOCKET: 'relative' }, { NOTIFY_SOCKET: '@' }]) {
    const loaded: string[] = [];
    const load = {
      addon: async () => {
        loaded.push('addon');
        return { sendState: () => undefined };
      },
    };
    const { it, sent } = notifier({ env, load });
    await it.start();
    it.ready();
    it.status('x');
    await it.close();
    t.equal(it.transport, 'none', JSON.stringify(env));
    t.strictSame([...loaded, ...sent], []);
  }
});

t.test('an abstract socket is a socket too', async (t) => {
  const { it } = notifier({ env: { NOTIFY_SOCKET: '@detectd-test' } });
  await it.start();
  t.equal(it.transport, 'addon');
});

t.test('messages before start() are dropped', async (t) => {
  const { it, sent } = notifier();
  it.ready();
  await it.start();
  t.strictSame(sent, []);
});

t.test('without the addon the command is run, one message after the other', async (t) => {
  const { it, sent } = notifier({ load: { addon: missing } });
  await it.start();
  t.equal(it.transport, 'command');
  it.ready();
  it.status('2 cameras');
  it.watchdog();
  it.reloading();
  it.stopping();
  await it.close();
  t.strictSame(sent, [
    '--ready',
    '--status=2 cameras',
    'WATCHDOG=1',
    'RELOADING=1 MONOTONIC_USEC=7000000',
    'STOPPING=1',
  ]);
});

t.test('while a command runs only the newest message of each kind waits', async (t) => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const sent: string[] = [];
  const command: NotifyLoader['command'] = async () => async (given) => {
    await gate;
    sent.push(String(given.status));
  };
  const { it } = notifier({ load: { addon: missing, command } });
  await it.start();
  for (let index = 0; index < 1000; index += 1) it.status(`frame ${index}`);
  release();
  await it.close();
  t.strictSame(sent, ['frame 0', 'frame 999']);
});

t.test('a command that hangs is given up after a deadline', async (t) => {
  const command: NotifyLoader['command'] = async () => () => new Promise(() => undefined);
  const { it, sent, clock } = notifier({ load: { addon: missing, command } });
  await it.start();
  it.ready();
  it.watchdog();
  await clock.advanceAsync(4_999);
  t.strictSame(sent, []);
  await clock.advanceAsync(1);
  await it.close();
  t.strictSame(sent, ['WATCHDOG=1']);
  t.equal(clock.pending, 0);
});

t.test('faults of the way out are logged once and never thrown', async (t) => {
  const warnings: unknown[] = [];
  const quiet = Object.assign(Object.create(log), {
    warn: (detail: unknown) => warnings.push(detail),
    info: () => undefined,
  });
  const broken = {
    addon: async () => ({
      sendState: () => {
        throw new Error('socket gone');
      },
    }),
    command: missing,
    raw: () => missing(),
  };
  for (const load of [broken, { ...broken, addon: missing, command: async () => () => missing() }]) {
    warnings.length = 0;
    const it = new SystemdNotifier({ env: SOCKET, log: quiet, clock: new FakeClock(), load });
    await it.start();
    it.ready();
    await it.close();
    for (let index = 0; index < 100; index += 1) it.watchdog();
    await it.close();
    t.equal(warnings.length, 1);
  }
});

t.test('with neither addon nor command the daemon runs on unheard', async (t) => {
  const { it, sent } = notifier({ load: { addon: missing, command: missing } });
  await it.start();
  t.equal(it.transport, 'none');
  it.ready();
  t.strictSame(sent, []);
});

t.test('the same status twice is sent once, and again after another', async (t) => {
  const { it, sent } = notifier();
  await it.start();
  for (const text of ['ready', 'ready', ' ready\n', 'degraded', 'ready']) it.status(text);
  t.strictSame(sent, ['STATUS=ready', 'STATUS=degraded', 'STATUS=ready']);
});

t.test('a status is one line without control characters and of bounded length', (t) => {
  t.equal(statusLine('a\nREADY=1\r\nb\tc\0d\u2028e'), 'a READY=1 b c d e');
  t.equal(statusLine('  \n '), '');
  t.equal(statusLine('x'.repeat(200)).length, 200);
  const long = statusLine('ü'.repeat(1_000_000));
  t.equal([...long].length, 200);
  t.ok(long.endsWith('…'));
  t.equal(statusLine('😀'.repeat(300)), `${'😀'.repeat(199)}…`);
  t.end();
});

t.test('a nonsensical extension of the timeout is not sent', async (t) => {
  const { it, sent } = notifier();
  await it.start();
  for (const us of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) it.extendTimeout(us);
  t.strictSame(sent, []);
});

t.test('the watchdog interval is half of what systemd allows, and only for the right process', (t) => {
  t.equal(watchdogIntervalMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '42' }, 42), 15_000);
  t.equal(watchdogIntervalMs({ WATCHDOG_USEC: '30000000' }, 42), 15_000);
  t.equal(watchdogIntervalMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '41' }, 42), undefined);
  t.equal(watchdogIntervalMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '' }, 42), undefined);
  for (const usec of ['', '0', '-5', '1e9', 'soon', '1999', '9'.repeat(16)])
    t.equal(watchdogIntervalMs({ WATCHDOG_USEC: usec }, 42), undefined, `WATCHDOG_USEC=${usec}`);
  t.equal(watchdogIntervalMs({ WATCHDOG_USEC: '9'.repeat(15) }, 42), 2 ** 31 - 1);
  t.equal(
    notifier({ env: { WATCHDOG_USEC: '2000000', WATCHDOG_PID: '7' }, pid: 7 }).it.watchdogIntervalMs,
    1000,
  );
  t.end();
});

t.test('child processes cannot speak in the name of the daemon, and have an allocator of their own', (t) => {
  const env = {
    ...SOCKET,
    WATCHDOG_USEC: '1',
    WATCHDOG_PID: '1',
    MALLOC_ARENA_MAX: '1',
    MALLOC_MMAP_THRESHOLD_: '9',
    PATH: '/bin',
  };
  t.strictSame(childEnvironment(env), { PATH: '/bin' });
  t.ok(env.NOTIFY_SOCKET);
  t.end();
});
