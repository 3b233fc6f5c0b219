/**
 * A service that does nothing but use SystemdNotifier, to try it under a real systemd: SIGHUP reloads,
 * SIGUSR1 stops the watchdog pings, SIGTERM ends. `--command` goes by the systemd-notify command.
 */
import { systemClock } from '../../dist/base/clock.js';
import { createLogger } from '../../dist/base/logger.js';
import { SystemdNotifier, systemLoader } from '../../dist/health/sd-notify.js';

const withoutAddon = { ...systemLoader, addon: () => Promise.reject(new Error('left out by the test')) };
const notifier = new SystemdNotifier({
  env: process.env,
  log: createLogger({ level: 'info', pretty: false }),
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
