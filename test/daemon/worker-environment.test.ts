import t from 'tap';
import { workerEnvironment } from '../../dist/daemon/worker-environment.js';
import { workerPlan } from '../helpers/plans.js';

t.test('a worker has threads for all of its cameras and cannot speak to systemd', async (t) => {
  const env = { PATH: '/bin', NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '1', UV_THREADPOOL_SIZE: '4' };
  const threads = (cameraCapacity: number) =>
    Number(workerEnvironment(env, workerPlan({ cameraCapacity }))['UV_THREADPOOL_SIZE']);
  t.ok(threads(8) > 16);
  t.ok(threads(16) > threads(8));
  const own = workerEnvironment(env, workerPlan({ cameraCapacity: 8 }));
  t.equal(own['PATH'], '/bin');
  t.equal(own['NOTIFY_SOCKET'], undefined);
  t.equal(own['WATCHDOG_USEC'], undefined);
});

t.test(
  'a worker keeps little of what its threads freed, and not as little as the supervising process',
  async (t) => {
    for (const env of [{}, { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '9' }])
      t.match(workerEnvironment(env, workerPlan()), {
        MALLOC_ARENA_MAX: '2',
        MALLOC_MMAP_THRESHOLD_: '131072',
      });
  },
);
