/** A command that is delivered twice is carried out once. */
import t from 'tap';
import { RecentCommands } from '../../../dist/publish/commands/recent-commands.js';
import { FakeClock } from '../../helpers/fake-clock.js';

const answer = { ok: true as const, result: {} };

t.test('the same one is running, then answered as before, and new again after a minute', async (t) => {
  const clock = new FakeClock();
  const recent = new RecentCommands(clock);
  t.equal(recent.note('a'), 'new');
  t.equal(recent.note('a'), 'running');
  recent.answered('a', answer);
  t.equal(recent.note('a'), answer);
  t.equal(recent.note('b'), 'new');
  clock.advance(60_000);
  t.equal(recent.note('a'), 'new');
  t.equal(recent.note('b'), 'running', 'what takes longer than a minute is not done twice either');
});

t.test('only so many are remembered, and what runs is not forgotten for others', async (t) => {
  const recent = new RecentCommands(new FakeClock());
  recent.note('running');
  for (let index = 0; index < 1000; index += 1) {
    recent.note(`${index}`);
    recent.answered(`${index}`, answer);
  }
  t.equal(recent.note('running'), 'running');
  t.equal(recent.note('0'), 'new');
  t.equal(recent.note('999'), answer);
});
