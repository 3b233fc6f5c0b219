/** When the screen is drawn again. */
import t from 'tap';
import { RedrawPace } from '../../dist/commands/redraw-pace.js';
import { FakeClock } from '../helpers/fake-clock.js';

function paced(mostMs?: number) {
  const clock = new FakeClock();
  const drawn: number[] = [];
  const startUs = clock.monotonicUs();
  const draw = () => void drawn.push((clock.monotonicUs() - startUs) / 1000);
  return { clock, drawn, pace: new RedrawPace({ clock, leastMs: 250, mostMs, draw }) };
}

t.test('the first change is drawn at once, those that follow as one', async (t) => {
  const { clock, drawn, pace } = paced();
  pace.changed();
  clock.advance(100);
  pace.changed();
  pace.changed();
  clock.advance(10_000);
  t.same(drawn, [0, 250]);
  pace.changed();
  t.same(drawn, [0, 250, 10_100]);
});

t.test('ages are drawn although nothing changes, counted from the last drawing', async (t) => {
  const { clock, drawn, pace } = paced(1000);
  pace.now();
  clock.advance(600);
  pace.changed();
  clock.advance(2000);
  t.same(drawn, [0, 600, 1600, 2600]);
  pace.close();
  clock.advance(5000);
  pace.changed();
  t.equal(drawn.length, 4);
  t.equal(clock.pending, 0);
});

t.test('many changes are four drawings a second, not one and not more', async (t) => {
  const { clock, drawn, pace } = paced(1000);
  for (let index = 0; index < 100; index += 1) {
    pace.changed();
    clock.advance(10);
  }
  t.same(drawn, [0, 250, 500, 750, 1000]);
});
