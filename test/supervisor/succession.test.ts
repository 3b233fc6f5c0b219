/** Who takes over from whom, with workers that do as they are told. */
import { pino } from 'pino';
import t from 'tap';
import type { WorkerMessage } from '../../dist/ipc/protocol.js';
import type { Handover } from '../../dist/supervisor/handover.js';
import { Succession } from '../../dist/supervisor/succession.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { cameraPlan, modelPlan, workerPlan } from '../helpers/plans.js';
import { WorkerDouble } from '../helpers/worker-double.js';

const USB = cameraPlan({ name: 'usb', source: { kind: 'v4l2', device: '/dev/video0' } });
const FILE = cameraPlan({ name: 'clip', source: { kind: 'file', path: '/srv/clip.mp4' } });
const OTHER = [modelPlan({ bundle: '/srv/next' })];

function setup(cameras = [USB]) {
  const clock = new FakeClock();
  const kept: Handover[] = [];
  const seen: WorkerMessage[] = [];
  const succession = new Succession({
    clock,
    log: pino({ level: 'silent' }),
    room: async () => ({ enough: true, why: 'it is a test' }),
    onMessage: (message) => seen.push(message),
    onTakenOver: () => {},
    onKept: (handover) => kept.push(handover),
  });
  const old = new WorkerDouble('old', cameras);
  const next = new WorkerDouble('next', [], { models: OTHER });
  old.becomeReady();
  next.becomeReady();
  const plan = workerPlan({ models: OTHER, cameras });
  /** To where the old worker has closed its last camera. */
  const handOver = (): void => {
    succession.begin(old.worker, next.worker, plan);
    succession.handover?.share(cameras);
    succession.handover?.take(old.worker, { type: 'idle' });
    succession.over();
    next.setCameras(cameras);
  };
  return { succession, old, next, clock, kept, plan, handOver };
}

t.test('nobody asked to keep it: the one before ends', async (t) => {
  const { succession, old, kept, handOver } = setup();
  handOver();
  t.strictSame(old.told, ['stop']);
  t.strictSame(kept, []);
  t.equal(succession.standbyPid, undefined);
});

t.test('one with another version stays, without cameras', async (t) => {
  const { succession, old, kept, handOver } = setup();
  succession.keepFor(1000);
  handOver();
  t.strictSame(old.told, ['cameras: ']);
  t.equal(kept.length, 1);
  t.equal(succession.standbyPid, old.pid);
});

t.test('a worker without models is no way back, and not kept', async (t) => {
  const { succession, old, kept, handOver } = setup();
  old.plan = { ...old.plan, models: [] };
  succession.keepFor(1000);
  handOver();
  t.strictSame(old.told, ['stop']);
  t.strictSame(kept, []);
});

t.test('one that can run by the new plan itself is not kept: it is only renewed', async (t) => {
  const { succession, old, next } = setup();
  succession.keepFor(1000);
  succession.begin(old.worker, next.worker, workerPlan());
  succession.handover?.share([USB]);
  t.strictSame(old.told, ['stop']);
});

t.test('it is called back for a plan that it fits, and the other one ends', async (t) => {
  const { succession, old, next, handOver } = setup([USB, FILE]);
  succession.keepFor(1000);
  handOver();
  t.equal(succession.callBack(next.worker, workerPlan({ models: OTHER })), undefined);
  const back = succession.callBack(next.worker, workerPlan({ cameras: [USB] }));
  t.equal(back, succession.handover);
  t.equal(back?.next, old);
  t.equal(back?.old, next);
  t.strictSame(
    old.told.slice(1),
    ['finished: clip', 'cameras: '],
    'a file that has ended is not played again',
  );
  t.equal(next.told.at(-1), 'stop', 'a camera that only one can open is let go');
});

t.test('it takes back what the one has that failed, and is kept again by the next try', async (t) => {
  const { succession, old, next, plan, handOver } = setup();
  succession.keepFor(1000);
  handOver();
  t.equal(succession.takeBack(next.worker), old);
  t.equal(succession.standbyPid, undefined);
  const again = new WorkerDouble('again', [], { models: OTHER });
  succession.begin(old.worker, again.worker, plan);
  again.becomeReady();
  succession.handover?.share([USB]);
  t.not(old.told.at(-1), 'stop');
  t.equal(succession.takeBack(next.worker), undefined);
});

t.test('it ends when asked, and when it is gone', async (t) => {
  const { succession, old, handOver } = setup();
  succession.keepFor(1000);
  handOver();
  await succession.endStandby('the model is confirmed');
  t.equal(old.told.at(-1), 'stop');
  t.equal(succession.standbyPid, undefined);
  succession.gone(old.worker, undefined);
});

t.test('a next one is dropped while it loads, and no longer when it has cameras', async (t) => {
  const { succession, old, next, plan } = setup();
  await succession.drop();
  succession.begin(old.worker, next.worker, plan);
  await succession.drop();
  t.strictSame(next.told, ['kill']);
  t.equal(succession.handover, undefined);
  succession.begin(old.worker, next.worker, plan);
  succession.handover?.share([USB]);
  await succession.drop();
  t.not(next.told.at(-1), 'kill');
});

t.test('all end: who serves, who takes over, and who is on standby', async (t) => {
  const { succession, old, next, handOver } = setup();
  succession.keepFor(1000);
  handOver();
  await succession.stop(next.worker);
  t.strictSame([old.told.at(-1), next.told.at(-1)], ['stop', 'stop']);
  const other = setup();
  other.succession.begin(other.old.worker, other.next.worker, other.plan);
  await other.succession.stop(other.old.worker);
  t.strictSame([other.old.told, other.next.told], [['stop'], ['kill']]);
});
