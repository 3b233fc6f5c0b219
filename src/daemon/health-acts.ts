/** What the daemon can do about its own health, from its own means: a fresh worker, fewer frames, its end, a reboot. */
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import { requestReboot, runtimeFolder } from '../health/reboot-request.js';
import type { SystemdNotifier } from '../health/sd-notify.js';
import type { HealthActs } from './health-desk.js';

export interface HealthMeans {
  notifier: Pick<SystemdNotifier, 'transport'>;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  renew: (reason: string) => Promise<void>;
  setRate: (maxRate: number | undefined) => Promise<void>;
  /** Ends the daemon with that error. */
  end: (error: DetectdError) => void;
}

export function healthActs({ notifier, env, clock, renew, setRate, end }: HealthMeans): HealthActs {
  // Nobody but systemd would start it again.
  const restart = notifier.transport === 'none' ? undefined : (reason: string) => end(restartError(reason));
  return {
    recycle: renew,
    setRate,
    restart,
    reboot: async (reason) => {
      const folder = runtimeFolder(env);
      if (folder === undefined) throw new Error('only a service of systemd can ask for a reboot');
      await requestReboot(folder, reason, clock);
    },
  };
}

function restartError(reason: string): DetectdError {
  return new DetectdError(
    'RESTART_WANTED',
    `The daemon ends to be started again: ${reason}.`,
    'systemd does that within seconds; if it repeats, report it with the log, or set health.restart to false.',
  );
}
