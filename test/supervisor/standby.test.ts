/** The worker before, which can be called back for a while. */
import { pino } from 'pino';
import t from 'tap';
import { Standby } from '../../dist/supervisor/standby.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';
import { modelPlan, workerPlan } from '../helpers/plans.js';
import { WorkerDouble } from '../helpers/worker-double.js';

function setup(enough = true): { standby: Standby; worker: WorkerDouble; clock: FakeClock; asked: number[] } {
  const clock = new FakeClock();
  const asked: number[] = [];
  const standby = new Standby({
    clock,
    log: pino({ level: 'silent' }),
    room: async (bytes) => {
      asked.push(bytes);
      return { enough, why: 'it is a test' };
    },
  });
  const worker = new WorkerDouble('old');
  standby.keep(worker.worker, 60_000);
  return { standby, worker, clock, asked };
}

t.test('it is called by a plan that it can run by, and by no other', async (t) => {
  const { standby, worker, clock } = setup();
  t.equal(standby.pid, worker.pid);
  t.equal(standby.call(workerPlan({ models: [modelPlan({ bundle: '/srv/other' })] })), undefined);
  t.equal(standby.call(workerPlan()), worker);
  t.equal(standby.pid, undefined);
  t.equal(standby.call(), undefined, 'it is there once');
  t.equal(clock.pending, 0, 'no timer is left');
  t.strictSame(worker.told, [], 'and goes on');
});

t.test('it ends when its time is over', async (t) => {
  const { standby, worker, clock, asked } = setup();
  clock.advance(59_999);
  t.strictSame(worker.told, []);
  t.ok(asked.length > 20, 'memory is looked at all the time');
  clock.advance(1);
  t.strictSame(worker.told, ['stop']);
  t.equal(standby.call(), undefined);
  t.equal(clock.pending, 0);
});

t.test('it ends when memory is short', async (t) => {
  const { standby, worker, clock, asked } = setup(false);
  clock.advance(2000);
  await settle();
  t.strictSame(worker.told, ['stop']);
  t.ok((asked[0] ?? 0) > 0);
  t.equal(standby.pid, undefined);
  t.equal(clock.pending, 0);
});

t.test('a look at the memory that comes back late ends nobody', async (t) => {
  const { standby, worker, clock } = setup(false);
  clock.advance(2000);
  standby.call();
  await settle();
  t.strictSame(worker.told, []);
});

t.test('one that dies is not called; others that die are not it', async (t) => {
  const { standby, worker, clock } = setup();
  standby.gone(new WorkerDouble('another').worker);
  t.equal(standby.pid, worker.pid);
  standby.gone(worker.worker, 'it crashed');
  t.equal(standby.call(), undefined);
  t.equal(clock.pending, 0);
  await standby.end('twice does no harm');
});
