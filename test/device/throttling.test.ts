/** What holds clocks down: alerts of boards, caps, counters that rise. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { SystemFiles } from '../../dist/device/system-files.js';
import { risen, ThrottlingReader } from '../../dist/device/throttling.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { boardFolder } from '../helpers/fixture-board.js';

const reader = (folder: string) => new ThrottlingReader(new SystemFiles(folder), new FakeClock());

t.test('an Orin whose GPU is hot: a fan that turns is no alert', async (t) => {
  t.strictSame(await reader(boardFolder('jetpack-6.2.2-orin-nano')).read(), {
    active: ['gpu-throttle-alert'],
    events: { oc1: 0, oc2: 15, oc3: 37 },
  });
});

t.test('Thor says which clock is capped, too', async (t) => {
  t.match(await reader(boardFolder('jetpack-7.0-thor')).read(), {
    active: ['devfreq-gpu-gpc-0', 'gpu-throttle-alert'],
  });
});

t.test('a counter tells by rising', async (t) => {
  const hwmon3 = { name: 'soctherm_oc\n', oc1_event_cnt: '0\n', oc3_event_cnt: '5\n' };
  const folder = t.testdir({ sys: { class: { hwmon: { hwmon0: { name: 'ina3221' }, hwmon3 } } } });
  const throttling = reader(folder);
  t.strictSame(await throttling.read(), { active: [], events: { oc1: 0, oc3: 5 } });
  writeFileSync(join(folder, 'sys/class/hwmon/hwmon3/oc3_event_cnt'), '17\n');
  t.strictSame(await throttling.read(), { active: ['oc3 (12 events)'], events: { oc1: 0, oc3: 17 } });
  t.match(await throttling.read(), { active: [] });
});

t.test('an Intel processor counts, a machine without any sign does not know', async (t) => {
  const thermal_throttle = { package_throttle_count: '3\n' };
  const intel = t.testdir({ sys: { devices: { system: { cpu: { cpu0: { thermal_throttle } } } } } });
  t.strictSame(await reader(intel).read(), { active: [], events: { package: 3 } });
  t.strictSame(await reader(t.testdir({})).read(), { active: undefined, events: {} });
});

t.test('counters that are new or began anew did not rise', async (t) => {
  t.strictSame(risen({}, { a: 9 }), []);
  t.strictSame(risen({ a: 9 }, { a: 2 }), []);
  t.strictSame(risen({ a: 9, b: 1 }, { a: 10, b: 1 }), ['a (1 event)']);
});
