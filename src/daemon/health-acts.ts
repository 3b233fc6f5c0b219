/** What the daemon can do about its own health, from its own means: a fresh worker, fewer frames, its end, a reboot. */
import type { Clock } from '../base/clock.js';
import { requestReboot, runtimeFolder } from '../health/reboot-request.js';
import type { SystemdNotifier } from '../health/sd-notify.js';
import type { HealthActs } from './health-desk.js';

export interface HealthMeans {
  notifier: Pick<SystemdNotifier, 'transport'>;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  renew: (reason: string) => Promise<void>;
  setRate: (maxRate: number | undefined) => Promise<void>;
  /** Ends the daemon in order. */
  end: () => void;
}

export function healthActs({ notifier, env, clock, renew, setRate, end }: HealthMeans): HealthActs {
  return {
    recycle: renew,
    setRate,
    // Nobody but systemd would start it again. It does so whatever the exit status, and a good one is no failure.
    restart: notifier.transport === 'none' ? undefined : end,
    reboot: async (reason) => {
      const folder = runtimeFolder(env);
      if (folder === undefined) throw new Error('only a service of systemd can ask for a reboot');
      await requestReboot(folder, reason, clock);
    },
  };
}
