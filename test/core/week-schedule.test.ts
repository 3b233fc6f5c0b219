import t from 'tap';
import { isDue, parseWeekTime, SCHEDULE_ENTRY } from '../../dist/core/week-schedule.js';

/** 2026-11-23 is a Monday; local time of whatever zone the test is in. */
const at = (day: number, hours: number, minutes = 0): number =>
  new Date(2026, 10, 22 + day, hours, minutes).getTime();
const due = (entries: string[], wallMs: number) => isDue(entries.map(parseWeekTime), wallMs);

t.test('entries have days, a time of day, or both', async (t) => {
  for (const entry of [
    'mon',
    'mon-fri',
    'sat,sun',
    'mon-wed,fri 08:00-18:00',
    '22:00-05:00',
    'sun 00:00-00:00',
  ])
    t.match(entry, SCHEDULE_ENTRY);
  for (const entry of [
    '',
    ' ',
    'mon ',
    'Mon',
    'mon-',
    'mon 8:00-18:00',
    'mon 08:00',
    'mon 24:00-01:00',
    'daily',
    ' 08:00-09:00',
  ])
    t.notMatch(entry, SCHEDULE_ENTRY);
});

t.test('without entries it is always due', async (t) => {
  t.ok(due([], at(1, 3)));
});

t.test('days and times go together', async (t) => {
  t.ok(due(['mon-fri 08:00-18:00'], at(1, 8)));
  t.notOk(due(['mon-fri 08:00-18:00'], at(1, 18)));
  t.notOk(due(['mon-fri 08:00-18:00'], at(6, 12)), 'on Saturday');
  t.ok(due(['mon-fri 08:00-18:00', 'sat'], at(6, 23, 59)));
  t.ok(due(['sat,sun'], at(0, 0)));
  t.notOk(due(['sat,sun'], at(1, 0)));
  t.ok(due(['fri-mon'], at(0, 12)), 'over the end of the week');
  t.notOk(due(['fri-mon'], at(2, 12)));
});

t.test('a night belongs to the day on which it begins', async (t) => {
  t.ok(due(['fri 22:00-05:00'], at(5, 23)));
  t.ok(due(['fri 22:00-05:00'], at(6, 4, 59)), 'early on Saturday');
  t.notOk(due(['fri 22:00-05:00'], at(5, 4)), 'early on Friday');
  t.notOk(due(['fri 22:00-05:00'], at(6, 22)));
  t.ok(due(['sat 22:00-05:00'], at(7, 1)), 'over the end of the week');
});
