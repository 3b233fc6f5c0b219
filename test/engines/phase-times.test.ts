import t from 'tap';
import { PhaseTimes } from '../../dist/engines/phase-times.js';
import { FakeClock } from '../helpers/fake-clock.js';

t.test('phases are told as they begin, and last until the next', async (t) => {
  const clock = new FakeClock();
  const told: string[] = [];
  const phases = new PhaseTimes(clock, (phase) => told.push(phase));
  clock.advance(100);
  phases.enter('parsing');
  phases.enter('parsing');
  clock.advance(30);
  phases.enter('building');
  clock.advance(5000);
  phases.repeat();
  phases.enter('done');
  clock.advance(7);
  t.same(told, ['starting', 'parsing', 'building', 'building', 'done']);
  t.same(phases.durations(), { starting: 100, parsing: 30, building: 5000 });
});
