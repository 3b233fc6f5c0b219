import t from 'tap';
import { remote, updates } from '../../dist/config/update-schema.js';

const KEY = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3';

t.test('updates and remote need no words', async (t) => {
  const { probation_s, keys, window, shadow, metered } = updates.parse({});
  t.strictSame(
    { probation_s, keys, window, shadow, metered },
    { probation_s: 600, keys: [], window: undefined, shadow: undefined, metered: false },
  );
  const { desired, signed, allow, pin } = remote.parse({});
  t.strictSame(
    { desired, signed, allow, pin },
    { desired: false, signed: false, allow: ['models', 'cameras', 'log.level'], pin: [] },
    'nothing is changed from afar unless it is asked for',
  );
});

t.test('keys are those of minisign, or files of them', async (t) => {
  t.strictSame(updates.parse({ keys: [KEY, 'fleet.pub'] }).keys, [KEY, 'fleet.pub']);
  for (const key of ['', 'RWQ', KEY.slice(1), `${KEY}=`, 'fleet.key'])
    t.notOk(updates.safeParse({ keys: [key] }).success, key);
});

t.test('a window is a time of day, over midnight too', async (t) => {
  for (const window of ['22:00-05:00', '00:00-23:59']) t.equal(updates.parse({ window }).window, window);
  for (const window of ['22-5', '24:00-05:00', '22:00', '22:60-23:00', ''])
    t.notOk(updates.safeParse({ window }).success, window);
});

t.test('what may be changed is named by paths of keys', async (t) => {
  t.ok(remote.safeParse({ allow: ['models.*.threshold', 'cameras'], pin: ['models.people.bundle'] }).success);
  for (const path of ['', '.', 'a..b', 'models.', 'a.b.c.d.e.f.g', 'Models', 'a b'])
    t.notOk(remote.safeParse({ allow: [path] }).success, path);
});

t.test('a fleet topic has no wildcard', async (t) => {
  t.ok(remote.safeParse({ fleet_topic: 'site-7/config/desired' }).success);
  for (const fleet_topic of ['a/+/b', 'a/#', '$SYS/a', 'a/', 'a b'])
    t.notOk(remote.safeParse({ fleet_topic }).success, fleet_topic);
});
