import t from 'tap';
import { Remedies, type Situation } from '../../dist/health/remedies.js';
import type { Cause, Sign } from '../../dist/health/signs.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A device that has run for a day, on which all is allowed, looked at every ten seconds. */
class Device {
  readonly remedies: Remedies;
  nowMs = 0;
  readonly acts: string[] = [];

  constructor(forbidden: string[] = []) {
    this.remedies = new Remedies({ allows: (act) => !forbidden.includes(act), quietMs: 20 * SECOND });
  }

  look(signs: Sign[], more: Partial<Situation> = {}): string | undefined {
    this.nowMs += 10 * SECOND;
    const report = this.remedies.decide({
      nowMs: this.nowMs,
      ts: `at ${this.nowMs / SECOND} s`,
      signs,
      cool: true,
      quietForMs: 0,
      playsFile: false,
      recycling: false,
      building: false,
      hadRoom: true,
      daemonUpMs: 24 * HOUR,
      machineUpMs: 48 * HOUR,
      ...more,
    });
    if (report !== undefined) this.acts.push(`${report.act}: ${report.cause}`);
    return report?.act;
  }

  /** The same signs for that long; what was done, and after how many seconds. */
  lasting(ms: number, signs: Sign[], more: Partial<Situation> = {}): [number, string][] {
    const startMs = this.nowMs;
    const done: [number, string][] = [];
    while (this.nowMs - startMs < ms) {
      const act = this.look(signs, more);
      if (act !== undefined) done.push([(this.nowMs - startMs) / SECOND - 10, act]);
    }
    return done;
  }
}

function sign(cause: Cause, more: Partial<Sign> = {}): Sign {
  return { cause, reason: `${cause} it is`, workerHelps: false, ...more };
}

const QUIET = { quietForMs: 20 * SECOND };

t.test('a leaking worker is replaced at a quiet moment', async (t) => {
  const device = new Device();
  const leak = sign('leak', { workerHelps: true });
  t.strictSame(device.lasting(HOUR, [leak]), [], 'somebody is seen all the time');
  t.strictSame(device.remedies.report().pending, {
    act: 'recycle',
    cause: 'leak',
    reason: 'leak it is',
    ts: 'at 10 s',
  });
  t.equal(device.look([leak], { quietForMs: 20 * SECOND }), 'recycle');
  t.match(device.remedies.report(), {
    taken: { recycle: { leak: 1 } },
    pending: undefined,
    last: { act: 'recycle' },
  });
});

t.test(
  'no quiet moment is waited for longer than half of the time that is left, nor than six hours',
  async (t) => {
    const soon = sign('leak', { workerHelps: true, leftMs: HOUR });
    t.strictSame(new Device().lasting(31 * MINUTE, [soon]), [[30 * 60, 'recycle']]);
    const late = sign('leak', { workerHelps: true, leftMs: 1000 * HOUR });
    t.strictSame(new Device().lasting(6.2 * HOUR, [late]), [[6 * 3600, 'recycle']]);
    const device = new Device();
    device.lasting(10 * MINUTE, [late]);
    const faster = sign('leak', { workerHelps: true, leftMs: 10 * MINUTE });
    t.strictSame(
      device.lasting(6 * MINUTE, [faster]),
      [[5 * 60, 'recycle']],
      'a leak that gets worse is not waited out',
    );
  },
);

t.test('a worker that leaks again is replaced again, with growing gaps', async (t) => {
  const device = new Device();
  const leak = sign('leak', { workerHelps: true });
  const at = device.lasting(24 * HOUR, [leak], QUIET).map(([seconds]) => seconds / 60);
  t.strictSame(at.slice(0, 5), [0, 10, 30, 70, 150]);
  const gaps = at.slice(1).map((minutes, i) => minutes - (at[i] as number));
  t.equal(Math.max(...gaps), 360, 'six hours at most');
});

t.test('after a long rest the gaps begin anew', async (t) => {
  const device = new Device();
  const leak = sign('leak', { workerHelps: true });
  device.lasting(2 * HOUR, [leak], QUIET);
  device.lasting(30 * HOUR, []);
  t.strictSame(device.lasting(11 * MINUTE, [leak], QUIET), [
    [0, 'recycle'],
    [600, 'recycle'],
  ]);
});

t.test('nothing is replaced while a fresh worker is on its way', async (t) => {
  const device = new Device();
  const limit = sign('memory limit', { workerHelps: true });
  t.strictSame(device.lasting(MINUTE, [limit], { recycling: true }), []);
  t.equal(device.look([limit]), 'recycle');
});

t.test(
  'short of memory, the worker goes first if it has grown, then the rate, then the process',
  async (t) => {
    const device = new Device();
    const short = sign('memory short', { workerHelps: true });
    const done = device.lasting(16 * MINUTE, [short]).map(([, act]) => act);
    t.strictSame([...new Set(done)], ['recycle', 'slow down', 'restart']);
    const other = new Device();
    t.strictSame(other.lasting(3 * MINUTE, [sign('memory short')]), [
      [30, 'slow down'],
      [150, 'slow down'],
    ]);
  },
);

t.test('a hot machine analyses less in steps, and more again once it has been cool', async (t) => {
  const device = new Device();
  t.strictSame(device.lasting(10 * MINUTE, [sign('hot')], { cool: false }), [
    [30, 'slow down'],
    [150, 'slow down'],
    [270, 'slow down'],
  ]);
  t.equal(device.remedies.rateShare, 0.1);
  t.strictSame(device.lasting(10 * MINUTE, [], { cool: false }), [], 'not hot any more is not yet cool');
  t.strictSame(device.lasting(20 * MINUTE, []), [
    [300, 'speed up'],
    [600, 'speed up'],
    [900, 'speed up'],
  ]);
  t.equal(device.remedies.rateShare, 1);
  t.match(device.remedies.report().taken, { 'slow down': { hot: 3 }, 'speed up': { hot: 3 } });
});

t.test('a moment of heat is none', async (t) => {
  const device = new Device();
  for (let i = 0; i < 50; i += 1) {
    device.lasting(20 * SECOND, [sign('hot')], { cool: false });
    device.look([]);
  }
  t.strictSame(device.acts, []);
});

t.test('a daemon that has just started does not end for its own health', async (t) => {
  const device = new Device(['reboot']);
  const failing = [sign('worker fails')];
  t.strictSame(device.lasting(30 * MINUTE, failing, { daemonUpMs: 59 * MINUTE }), []);
  t.strictSame(device.lasting(10 * SECOND, failing, { daemonUpMs: HOUR }), [[0, 'restart']]);
  t.strictSame(device.lasting(59 * MINUTE, failing), [], 'once an hour at most');
});

t.test('a reboot comes last, and never soon after the one before', async (t) => {
  const device = new Device();
  const failing = [sign('worker fails')];
  const up = { daemonUpMs: 31 * MINUTE, machineUpMs: 5.9 * HOUR };
  t.strictSame(device.lasting(HOUR, failing, up), []);
  t.strictSame(device.lasting(10 * SECOND, failing, { ...up, machineUpMs: 6 * HOUR }), [[0, 'reboot']]);
  const stuck = new Device();
  t.strictSame(stuck.lasting(2 * MINUTE, [sign('worker stuck')]), [[60, 'reboot']]);
});

t.test('for want of memory nothing is started again that never had enough of it', async (t) => {
  const device = new Device(['slow down', 'reboot']);
  const short = [sign('memory short')];
  t.strictSame(device.lasting(5 * HOUR, short, { hadRoom: false }), [], 'it would be once an hour for ever');
  t.strictSame(device.lasting(10 * SECOND, short), [[0, 'restart']]);
});

t.test('an engine that is being built is not thrown away for the memory that it takes', async (t) => {
  const device = new Device(['slow down']);
  const short = [sign('memory short')];
  t.strictSame(device.lasting(HOUR, short, { building: true }), []);
  t.strictSame(device.lasting(10 * SECOND, short), [[0, 'restart']]);
});

t.test('when it may not be slowed down any more it is not, however hot', async (t) => {
  const device = new Device();
  device.lasting(5 * MINUTE, [sign('hot')], { cool: false });
  device.remedies.configure({ allows: (act) => act !== 'slow down', quietMs: 0 });
  t.strictSame(device.lasting(10 * MINUTE, [sign('hot')], { cool: false }), [
    [0, 'speed up'],
    [10, 'speed up'],
    [20, 'speed up'],
  ]);
  t.equal(device.remedies.rateShare, 1);
});

t.test('what is not allowed is not done, and does not keep the next remedy away', async (t) => {
  const device = new Device(['recycle', 'slow down', 'restart', 'reboot']);
  const all = [sign('leak', { workerHelps: true }), sign('hot'), sign('memory short'), sign('worker fails')];
  t.strictSame(device.lasting(2 * HOUR, all, QUIET), []);
  t.equal(device.remedies.report().pending, undefined);
  const some = new Device(['recycle']);
  t.strictSame(some.lasting(MINUTE, all, QUIET), [[30, 'slow down']]);
});

t.test('a new configuration holds from the next look on', async (t) => {
  const device = new Device(['recycle']);
  const leak = sign('leak', { workerHelps: true });
  t.equal(device.look([leak], QUIET), undefined);
  device.remedies.configure({ allows: () => true, quietMs: 0 });
  t.equal(device.look([leak]), 'recycle');
});

t.test('the end of a file is waited for as a quiet moment is, and no longer', async (t) => {
  const playing = { ...QUIET, playsFile: true };
  const leak = sign('leak', { workerHelps: true, leftMs: HOUR });
  t.strictSame(new Device().lasting(31 * MINUTE, [leak], playing), [[30 * 60, 'recycle']]);
  const limit = sign('memory limit', { workerHelps: true });
  t.strictSame(new Device().lasting(6.1 * HOUR, [limit], playing), [[6 * 3600, 'recycle']]);
  const device = new Device();
  t.strictSame(device.lasting(HOUR, [limit], playing), []);
  t.equal(device.look([limit]), 'recycle', 'the file has ended');
  const short = sign('memory short', { workerHelps: true, leftMs: 0 });
  t.equal(new Device().look([short], playing), 'recycle', 'no time is left');
  const hot = new Device().lasting(MINUTE, [sign('hot')], playing);
  t.strictSame(hot, [[30, 'slow down']], 'what ends no worker does not wait');
  const failing = sign('daemon leak', { leftMs: 2 * HOUR });
  t.strictSame(new Device().lasting(61 * MINUTE, [failing], playing), [[3600, 'restart']]);
});
