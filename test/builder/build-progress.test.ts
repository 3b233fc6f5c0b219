/** What is told of a build, and how often. */
import t from 'tap';
import { ProgressTeller } from '../../dist/builder/build-progress.js';
import type { BuildProgress } from '../../dist/core/engine.js';
import { FakeClock } from '../helpers/fake-clock.js';

t.test('each phase is told as it begins, and every second while it lasts', (t) => {
  const clock = new FakeClock();
  const told: BuildProgress[] = [];
  const teller = new ProgressTeller(clock, 'tensorrt', 'fp16', (each) => told.push(each));
  teller.begin('fp16', 9000);
  teller.enter('parsing');
  teller.enter('parsing');
  clock.advance(2000);
  teller.enter('building', 2);
  t.strictSame(
    told.map(({ phase, elapsedMs, attempt }) => [phase, elapsedMs, attempt]),
    [
      ['preparing', 0, 1],
      ['parsing', 0, 1],
      ['parsing', 1000, 1],
      ['parsing', 2000, 1],
      ['building', 2000, 2],
    ],
  );
  t.match(told[0], { provider: 'tensorrt', precision: 'fp16', expectedMs: 9000 });
  teller.begin('fp32', undefined);
  t.match(told.at(-1), { phase: 'preparing', precision: 'fp32', expectedMs: undefined, elapsedMs: 2000 });
  teller.close();
  clock.advance(5000);
  t.equal(told.length, 6);
  t.equal(clock.pending, 0);
  t.end();
});
