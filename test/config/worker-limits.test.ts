/** Deadlines and delays of workers, and sources that end. */
import t from 'tap';
import { requireFiles, restartDelays, workerLimits } from '../../dist/config/worker-limits.js';
import { cameraPlan, workerPlan } from '../helpers/plans.js';

const worker = { start_timeout_s: 90, hang_timeout_s: 10, restart_delay_s: 0.5, stable_s: 60 };
type Config = Parameters<typeof workerLimits>[0];

t.test('limits and delays are in milliseconds, and a stop fits into what a daemon has to end', async (t) => {
  const config = { worker } as Config;
  t.match(workerLimits(config), { startMs: 90_000, hangMs: 10_000 });
  t.ok(workerLimits(config).stopMs < 5000);
  t.match(restartDelays(config), { initialMs: 500, stableMs: 60_000 });
});

t.test('files without loop end, everything else does not', async (t) => {
  const file = cameraPlan({ source: { kind: 'file', path: '/srv/clip.mp4' } });
  requireFiles(workerPlan({ cameras: [file] }));
  requireFiles(workerPlan({ cameras: [] }));
  for (const camera of [cameraPlan(), { ...file, loop: true }])
    t.throws(() => requireFiles(workerPlan({ cameras: [file, camera] })), {
      code: 'USAGE',
      message: /"gate"/,
    });
});
