/** What the daemon can do about its own health, from its own means: a fresh worker, fewer frames, its end, a reboot. */
import { DetectdError } from '../base/errors.js';
import type { SystemdNotifier } from '../health/sd-notify.js';
import type { HealthActs } from './health-desk.js';

export interface HealthMeans {
  notifier: Pick<SystemdNotifier, 'transport'>;
  env: NodeJS.ProcessEnv;
  renew: (reason: string) => Promise<void>;
  setRate: (maxRate: number | undefined) => Promise<void>;
  /** Ends the daemon with that error. */
  end: (error: DetectdError) => void;
}

export function healthActs({ notifier, renew, setRate, end }: HealthMeans): HealthActs {
  // Nobody but systemd would start it again.
  const restart = notifier.transport === 'none' ? undefined : (reason: string) => end(restartError(reason));
  return {
    recycle: renew,
    setRate,
    restart,
    reboot: async () => {
      throw new Error('no unit for reboots is installed');
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
