/**
 * The daemon as a process: signals in, exit status out. SIGTERM and SIGINT end it in order, a second one at
 * once; SIGHUP reads the configuration again.
 */
import { systemClock } from './base/clock.js';
import { createLogger } from './base/logger.js';
import { collectRegularly } from './base/small-heap.js';
import { version } from './base/version.js';
import { loadConfig } from './config/load.js';
import { prettyLogs } from './config/plan.js';
import { Daemon } from './daemon.js';
import { SystemdNotifier, systemLoader } from './health/sd-notify.js';

export interface MainOptions {
  configPath: string;
  exitAtEnd: boolean;
  measureCpu: boolean;
}

/** Runs the daemon to its end. Throws DetectdError when it cannot start or a file could not be read. */
export async function runDaemon(options: MainOptions): Promise<void> {
  const env = process.env;
  const loaded = await loadConfig(options.configPath, { env });
  const pretty = prettyLogs(loaded.config, process.stdout.isTTY === true);
  const log = createLogger({
    level: loaded.config.log.level,
    pretty,
  });
  const notifier = new SystemdNotifier({
    env,
    log: log.child({ component: 'systemd' }),
    clock: systemClock,
    load: systemLoader,
  });
  await notifier.start();

  const daemon = new Daemon({
    loaded,
    env,
    clock: systemClock,
    log,
    pretty,
    notifier,
    version: version(),
    exitAtEnd: options.exitAtEnd,
    measureCpu: options.measureCpu,
    // Needed once: loaded when it is, beside the start of the worker.
    sampler: async (device) => (await import('./device/this-machine.js')).samplerOfThisMachine(env, device),
    identify: async () => (await (await import('./device/this-machine.js')).identifyThisMachine(env)).info,
  });
  const abort = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (abort.signal.aborted) process.exit(130);
      log.info({ component: 'daemon' }, `${signal}: stopping`);
      abort.abort();
    });
  process.on('SIGHUP', () => void daemon.reload());
  // Started by another program of ours, it ends with that one.
  if (process.connected) process.once('disconnect', () => abort.abort());
  const collecting = collectRegularly(systemClock);
  try {
    await daemon.run(abort.signal);
  } finally {
    collecting.cancel();
  }
}
