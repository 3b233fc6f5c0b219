/** Repeated faults become one line and a count. */
import t from 'tap';
import { RepeatedFault } from '../../dist/base/repeated-fault.js';
import { FakeClock } from '../helpers/fake-clock.js';

function make(maxKeys?: number) {
  const clock = new FakeClock();
  const reports: string[] = [];
  const faults = new RepeatedFault({
    clock,
    intervalMs: 1000,
    ...(maxKeys === undefined ? {} : { maxKeys }),
    report: (key, detail, count) => reports.push(`${key} ${String(detail)} ${count}`),
  });
  return { clock, reports, faults };
}

t.test('the first is reported at once, the following are counted', (t) => {
  const { clock, reports, faults } = make();
  faults.note('cable', 'a');
  faults.note('cable', 'b');
  clock.advance(999);
  faults.note('cable', 'c');
  t.strictSame(reports, ['cable a 1']);
  clock.advance(1);
  faults.note('cable', 'd');
  t.strictSame(reports, ['cable a 1', 'cable d 3']);
  clock.advance(1000);
  faults.note('cable', 'e');
  t.equal(reports.at(-1), 'cable e 1');
  t.end();
});

t.test('faults do not hide each other, and a cured one is new again', (t) => {
  const { reports, faults } = make();
  faults.note('a');
  faults.note('b');
  faults.note('a');
  faults.cured('a');
  faults.cured('never seen');
  faults.note('a');
  t.strictSame(reports, ['a undefined 1', 'b undefined 1', 'a undefined 1']);
  t.end();
});

t.test('only so many faults are remembered, the oldest is forgotten', (t) => {
  const { reports, faults } = make(2);
  for (const key of ['a', 'b', 'c', 'c', 'a']) faults.note(key);
  t.strictSame(
    reports.map((line) => line[0]),
    ['a', 'b', 'c', 'a'],
  );
  t.end();
});
