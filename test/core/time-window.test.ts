/** When models may be fetched: windows over midnight and over changes of the clock, metered networks, urgent models. */
import t, { type Test } from 'tap';
import { isOpen, mayBegin, opensInMs, parseTimeWindow } from '../../dist/core/time-window.js';

const HOUR = 3_600_000;

/** Local time of the zone that the test is in. */
function at(year: number, month: number, day: number, hours: number, minutes = 0): number {
  return new Date(year, month - 1, day, hours, minutes).getTime();
}

function inZone(t: Test, zone: string): void {
  const before = process.env['TZ'];
  process.env['TZ'] = zone;
  t.teardown(() => {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });
}

t.test('a window within a day holds its first minute and not its last', (t) => {
  inZone(t, 'Europe/Berlin');
  const window = parseTimeWindow('09:30-17:05');
  t.strictSame(window, { opens: 570, closes: 1025 });
  t.notOk(isOpen(window, at(2026, 1, 5, 9, 29)));
  t.ok(isOpen(window, at(2026, 1, 5, 9, 30)));
  t.ok(isOpen(window, at(2026, 1, 5, 17, 4)));
  t.notOk(isOpen(window, at(2026, 1, 5, 17, 5)));
  t.equal(opensInMs(window, at(2026, 1, 5, 9) + 1500), HOUR / 2 - 1500, 'to the millisecond');
  t.equal(opensInMs(window, at(2026, 1, 5, 12)), 0);
  t.equal(opensInMs(window, at(2026, 1, 5, 17, 30)), 16 * HOUR, 'tomorrow');
  t.end();
});

t.test('a window goes over midnight, and one of equal ends is always open', (t) => {
  inZone(t, 'America/New_York');
  const window = parseTimeWindow('22:00-05:00');
  for (const [hours, open] of [
    [21, false],
    [22, true],
    [0, true],
    [4, true],
    [5, false],
  ] as const)
    t.equal(isOpen(window, at(2026, 6, 1, hours)), open, `${hours}:00`);
  t.equal(opensInMs(window, at(2026, 6, 1, 5)), 17 * HOUR);
  t.ok(isOpen(parseTimeWindow('08:00-08:00'), at(2026, 6, 1, 3)));
  t.end();
});

t.test('in spring an hour is missing, in autumn one comes twice', (t) => {
  inZone(t, 'Europe/Berlin');
  // On 29 March 2026 the clock goes from 02:00 to 03:00.
  t.equal(opensInMs(parseTimeWindow('04:00-05:00'), at(2026, 3, 29, 1)), 2 * HOUR, 'an hour sooner');
  t.equal(
    opensInMs(parseTimeWindow('02:00-03:00'), at(2026, 3, 29, 1)),
    24 * HOUR,
    'that hour comes a day later',
  );
  t.equal(opensInMs(parseTimeWindow('02:30-05:00'), at(2026, 3, 29, 1, 59)), 60_000, 'opens with the jump');
  // On 25 October 2026 it goes from 03:00 back to 02:00.
  t.equal(opensInMs(parseTimeWindow('04:00-05:00'), at(2026, 10, 25, 1)), 4 * HOUR, 'an hour later');
  const night = parseTimeWindow('02:00-02:30');
  const twoOClock = at(2026, 10, 25, 1) + HOUR;
  t.ok(isOpen(night, twoOClock));
  t.ok(isOpen(night, twoOClock + HOUR), 'both times');
  t.notOk(isOpen(night, twoOClock + HOUR / 2));
  t.end();
});

t.test('what is not urgent waits for the window and keeps off a network that costs by the byte', (t) => {
  inZone(t, 'UTC');
  const noon = at(2026, 1, 5, 12);
  const facts = { window: '22:00-05:00', metered: false, urgent: false, source: 'http' } as const;
  t.strictSame(mayBegin(facts, noon), { reason: 'the time window opens at 22:00', forMs: 10 * HOUR });
  t.equal(mayBegin(facts, at(2026, 1, 5, 23)), undefined);
  t.equal(mayBegin({ ...facts, urgent: true, metered: true }, noon), undefined, 'urgent: at once');
  t.match(mayBegin({ ...facts, window: undefined, metered: true, source: 'mqtt' }, noon), {
    reason: /costs by the byte/,
    forMs: undefined,
  });
  t.equal(
    mayBegin({ ...facts, window: undefined, metered: true, source: 'file' }, noon),
    undefined,
    'a file on this machine costs nothing',
  );
  t.match(mayBegin({ ...facts, source: 'place' }, noon), { reason: /window/ }, 'but it, too, waits');
  t.equal(mayBegin({ ...facts, window: undefined }, noon), undefined);
  t.end();
});
