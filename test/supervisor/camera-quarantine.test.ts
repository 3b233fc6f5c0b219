/** Cameras that take the others with them are left out, longer each time. */
import t from 'tap';
import { CameraQuarantine } from '../../dist/supervisor/camera-quarantine.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { cameraPlan, workerPlan } from '../helpers/plans.js';

const MINUTE = 60_000;
const GATE = cameraPlan();
const YARD = cameraPlan({ name: 'yard' });
const PLAN = workerPlan({ cameras: [GATE, YARD] });

function setup() {
  const clock = new FakeClock();
  let released = 0;
  const quarantine = new CameraQuarantine(clock, () => {
    released += 1;
  });
  const left = () => quarantine.without(PLAN).cameras.map(({ name }) => name);
  return { clock, quarantine, left, released: () => released };
}

t.test('one hang is forgiven at once', async (t) => {
  const { clock, quarantine, left } = setup();
  quarantine.blame('gate', PLAN.cameras);
  t.equal(quarantine.without(PLAN), PLAN);
  t.strictSame(left(), ['gate', 'yard']);
  t.strictSame(quarantine.reports(), []);
  t.equal(clock.pending, 0);
});

t.test(
  'from the second on the camera is left out, twice as long each time, half an hour at most',
  async (t) => {
    const { clock, quarantine, left, released } = setup();
    quarantine.blame('gate', PLAN.cameras);
    for (const minutes of [1, 2, 4, 8, 16, 30, 30]) {
      const before = released();
      clock.advance(MINUTE);
      quarantine.blame('gate', PLAN.cameras);
      t.strictSame(left(), ['yard']);
      t.match(quarantine.reports(), [
        {
          camera: 'gate',
          state: 'offline',
          error: { code: 'CAMERA_DECODER', message: `left out for ${minutes} min` },
        },
      ]);
      clock.advance(minutes * MINUTE - 1);
      t.equal(released(), before);
      clock.advance(1);
      t.equal(released(), before + 1);
      t.strictSame(left(), ['gate', 'yard']);
      t.strictSame(quarantine.reports(), []);
    }
  },
);

t.test('an hour without a hang and it starts over', async (t) => {
  const { clock, quarantine, left } = setup();
  quarantine.blame('gate', PLAN.cameras);
  clock.advance(61 * MINUTE);
  quarantine.blame('gate', PLAN.cameras);
  t.strictSame(left(), ['gate', 'yard']);
});

t.test('a camera that is configured otherwise is another one', async (t) => {
  const { clock, quarantine, left } = setup();
  quarantine.blame('gate', PLAN.cameras);
  quarantine.blame('gate', PLAN.cameras);
  t.strictSame(left(), ['yard']);
  const changed = workerPlan({ cameras: [cameraPlan({ fps: 5 }), YARD] });
  t.equal(quarantine.without(changed), changed);
  t.strictSame(left(), ['gate', 'yard'], 'and nothing is held against the old one');
  t.equal(clock.pending, 0);
});

t.test('a camera that no worker had is nobody', async (t) => {
  const { quarantine, left } = setup();
  quarantine.blame('dock', PLAN.cameras);
  quarantine.blame('dock', PLAN.cameras);
  t.strictSame(left(), ['gate', 'yard']);
  t.strictSame(quarantine.reports(), []);
});

t.test('nothing is left of it when it is closed', async (t) => {
  const { clock, quarantine } = setup();
  quarantine.blame('gate', PLAN.cameras);
  quarantine.blame('gate', PLAN.cameras);
  quarantine.close();
  t.equal(clock.pending, 0);
});
