/** What is to run, less the cameras that take workers with them. */
import t from 'tap';
import { DesiredPlan } from '../../dist/supervisor/desired-plan.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { cameraPlan, modelPlan, workerPlan } from '../helpers/plans.js';
import { WorkerDouble } from '../helpers/worker-double.js';

t.test('a camera that hung with two workers is left out for a while, and told of', async (t) => {
  const clock = new FakeClock();
  let changes = 0;
  const cameras = [cameraPlan(), cameraPlan({ name: 'yard' })];
  const desired = new DesiredPlan(workerPlan({ cameras }), clock, () => {
    changes += 1;
  });
  const worker = new WorkerDouble('hung', cameras);
  worker.host = { hungWith: 'yard' };
  t.strictSame(desired.blame(worker.worker), []);
  t.match(desired.blame(worker.worker), [{ camera: 'yard', state: 'offline' }]);
  t.strictSame(
    desired.plan?.cameras.map(({ name }) => name),
    ['gate'],
  );
  clock.advance(60_000);
  t.equal(changes, 1);
  t.equal(desired.plan?.cameras.length, 2);
});

t.test('it is met by a worker that can do all that is wanted, until nothing is', async (t) => {
  const desired = new DesiredPlan(workerPlan(), new FakeClock(), () => {});
  t.ok(desired.isMetBy(workerPlan()));
  desired.ask(workerPlan({ models: [modelPlan({ bundle: '/srv/other' })] }));
  t.notOk(desired.isMetBy(workerPlan()));
  desired.close();
  t.equal(desired.plan, undefined);
  t.notOk(desired.isMetBy(workerPlan()));
});
