/** When frames are handed to the model, and what they are lost to when they are not. */
import t from 'tap';
import { noDrops } from '../../dist/core/drops.js';
import type { Frame } from '../../dist/core/frame.js';
import { Scheduler, type SlotOptions } from '../../dist/inference/scheduler.js';
import { Dispatcher } from '../../dist/worker/dispatcher.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';

/** Two cameras, `gate` and `yard`, and a model that answers when told to. */
function rig({ maxRate, slot = {} }: { maxRate?: number; slot?: SlotOptions } = {}) {
  const clock = new FakeClock();
  const scheduler = new Scheduler();
  const counters = { gate: { captured: 0, drops: noDrops() }, yard: { captured: 0, drops: noDrops() } };
  for (const [camera, counted] of Object.entries(counters)) scheduler.add(camera, counted, slot);
  const runs: string[][] = [];
  let underWay: number | undefined = 0;
  let backlog = 0;
  let caughtUp: () => void = () => {};
  const dispatcher = new Dispatcher(
    {
      clock,
      scheduler,
      backlog: () => backlog,
      drained: () =>
        new Promise((resolve) => {
          caughtUp = resolve;
        }),
      runs: () => underWay,
      analyse: (frames) => {
        underWay = (underWay ?? 0) + 1;
        runs.push(frames.map(({ camera }) => camera));
      },
    },
    maxRate,
  );
  return {
    ...{ clock, scheduler, dispatcher, runs },
    drops: (camera: 'gate' | 'yard') => counters[camera].drops,
    offer: (...cameras: string[]) => {
      for (const camera of cameras) dispatcher.offer(frame(camera));
    },
    answer: () => {
      underWay = (underWay ?? 1) - 1;
      dispatcher.dispatch();
    },
    setRuns: (count: number | undefined) => {
      underWay = count;
    },
    setBacklog: (count: number) => {
      backlog = count;
    },
    catchUp: async () => {
      backlog = 0;
      caughtUp();
      await settle();
    },
  };
}

function frame(camera: string): Frame {
  const size = { width: 1, height: 1, sourceWidth: 1, sourceHeight: 1 };
  return { camera, sequence: 0, capturedAtUs: 0, ...size, format: 'RGB', data: new Uint8Array(3) };
}

t.test('one run and one behind it; what comes then is lost to a model that is busy', async (t) => {
  const { offer, answer, runs, drops } = rig();
  offer('gate', 'yard', 'gate', 'gate', 'gate');
  t.strictSame(runs, [['gate'], ['yard']]);
  t.strictSame(drops('gate'), { ...noDrops(), replaced: 2 });
  answer();
  t.strictSame(runs, [['gate'], ['yard'], ['gate']]);
});

t.test('nothing is handed over before there are models', async (t) => {
  const { offer, runs, setRuns, dispatcher } = rig();
  setRuns(undefined);
  offer('gate');
  t.strictSame(runs, []);
  setRuns(0);
  dispatcher.dispatch();
  t.strictSame(runs, [['gate']]);
});

t.test('what comes while results are not taken is lost to that', async (t) => {
  const { offer, runs, drops, setBacklog, catchUp } = rig();
  setBacklog(64);
  offer('gate', 'gate', 'gate');
  t.strictSame(runs, []);
  t.strictSame(drops('gate'), { ...noDrops(), backlog: 2 });
  await catchUp();
  t.strictSame(runs, [['gate']]);
});

t.test('what comes while the rate is held down is lost to that', async (t) => {
  const { offer, answer, runs, drops, clock, dispatcher, scheduler } = rig({ maxRate: 2 });
  for (let tenth = 0; tenth < 20; tenth += 1) {
    const before = runs.length;
    offer('gate', 'yard');
    clock.advance(100);
    for (let done = before; done < runs.length; done += 1) answer();
  }
  t.ok(runs.length >= 4 && runs.length <= 6, `${runs.length} in two seconds`);
  t.equal(drops('gate').paced + drops('yard').paced, 40 - runs.length - scheduler.waiting);
  t.equal(drops('gate').replaced + drops('yard').replaced, 0);
  const all = runs.length + scheduler.waiting;
  dispatcher.setRate(undefined);
  dispatcher.dispatch();
  t.equal(runs.length, all, 'as many as come');
});

t.test('frames wait for others while the model has nothing to do, and no longer than they may', async (t) => {
  const { offer, answer, runs, clock } = rig({ slot: { batch: { key: 'people', most: 4, waitUs: 5000 } } });
  offer('gate');
  t.strictSame(runs, []);
  clock.advance(5);
  t.strictSame(runs, [['gate']]);
  offer('yard');
  clock.advance(50);
  t.strictSame(runs, [['gate']], 'while it is busy they have time');
  answer();
  t.strictSame(runs, [['gate'], ['yard']]);
  answer();
  offer('gate', 'yard');
  t.strictSame(runs.at(-1), ['gate', 'yard'], 'nobody else can come');
});
