/** As many commands a minute as configured, at once or spread. */
import t from 'tap';
import { CommandBudget } from '../../../dist/publish/commands/command-budget.js';
import { FakeClock } from '../../helpers/fake-clock.js';

function taken(budget: CommandBudget, tries: number): number {
  return Array.from({ length: tries }, () => budget.take()).filter(Boolean).length;
}

t.test(
  'of a burst as many as a minute allows are let through, then one for each that time gives',
  async (t) => {
    const clock = new FakeClock();
    const budget = new CommandBudget(clock);
    budget.configure(60);
    t.equal(taken(budget, 10_000), 60);
    clock.advance(999);
    t.equal(taken(budget, 10), 0);
    clock.advance(1);
    t.equal(taken(budget, 10), 1);
    clock.advance(3_600_000);
    t.equal(taken(budget, 10_000), 60, 'a quiet hour saves no more than a minute');
  },
);

t.test('before it is configured nothing passes; the same setting again gives nothing', async (t) => {
  const budget = new CommandBudget(new FakeClock());
  t.notOk(budget.take());
  budget.configure(2);
  t.equal(taken(budget, 5), 2);
  budget.configure(2);
  t.equal(taken(budget, 5), 0);
  budget.configure(3);
  t.equal(taken(budget, 5), 3);
});
