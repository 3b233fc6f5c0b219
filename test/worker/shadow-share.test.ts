/** Which frames the version beside gets. */
import t from 'tap';
import { ShadowShare } from '../../dist/worker/shadow-share.js';
import { modelPlan } from '../helpers/plans.js';

function taken(share: number, frames: number, idle: (frame: number) => boolean = () => true): number {
  const shadow = new ShadowShare({ model: modelPlan(), share });
  return Array.from({ length: frames }, (_, frame) => shadow.takes('people', idle(frame))).filter(Boolean)
    .length;
}

t.test('an even share of the frames of its model', async (t) => {
  t.equal(taken(0.1, 1000), 100);
  t.equal(taken(1, 50), 50);
  t.equal(taken(0.3, 100), 25);
  t.notOk(new ShadowShare({ model: modelPlan(), share: 1 }).takes('cars', true));
});

t.test('what there was no time for is not made up for', async (t) => {
  t.equal(
    taken(0.5, 100, (frame) => frame >= 90),
    5,
  );
  t.equal(
    taken(1, 100, () => false),
    0,
  );
});
