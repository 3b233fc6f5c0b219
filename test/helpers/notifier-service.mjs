/**
 * A service that does nothing but use SystemdNotifier, to try it under a real systemd: SIGHUP reloads
 * and tells the journal of it, SIGUSR1 stops the watchdog pings, SIGTERM ends. `--command` goes by the systemd-notify command.
 */
import { systemClock } from '../../dist/base/clock.js';
import { createLogger } from '../../dist/base/logger.js';
import { Journal } from '../../dist/health/journal.js';
import { SystemdNotifier, systemLoader } from '../../dist/health/sd-notify.js';

const withoutAddon = { ...systemLoader, addon: () => Promise.reject(new Error('left out by the test')) };
const log = createLogger({ level: 'info', pretty: false });
const journal = new Journal({ env: process.env, log, clock: systemClock });
const notifier = new SystemdNotifier({
  env: process.env,
  log,
  clock: systemClock,
  load: process.argv.includes('--command') ? withoutAddon : systemLoader,
});
await notifier.start();
const interval = notifier.watchdogIntervalMs ?? 0;
const pings = setInterval(() => notifier.watchdog(), interval);
let reloads = 0;

process.on('SIGHUP', () => {
  notifier.reloading();
  reloads += 1;
  notifier.status(`reloaded ${reloads}`);
  journal.event({ event: 'config-refused', message: 'it is wrong', priority: 3, code: 'CONFIG_INVALID' });
  notifier.ready();
});
process.on('SIGUSR1', () => clearInterval(pings));
process.on('SIGTERM', async () => {
  clearInterval(pings);
  notifier.stopping();
  notifier.status('bye');
  await notifier.close();
  process.exit(0);
});
setInterval(() => undefined, 60_000);
notifier.status(`by ${notifier.transport}, every ${interval} ms`);
notifier.ready();
