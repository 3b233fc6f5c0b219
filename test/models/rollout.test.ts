/** Staged roll-out: who takes part, decided by a hash of the device's id alone. */
import t from 'tap';
import { type Rollout, rolloutBucket, takesPart } from '../../dist/models/rollout.js';

const NOW = Date.UTC(2026, 10, 23);
const rollout = (change: Partial<Rollout> = {}): Rollout => ({
  ...{ percent: 100, seed: 's', tags: undefined, notBeforeMs: undefined, hold: false },
  ...change,
});
const device = { id: 'dock-3', tags: ['site-7', 'dock'] };

t.test('a bucket is the same for ever, from 0 to below 100', (t) => {
  // SHA-256 of "people-1.3", a zero byte and "dock-3", its first four bytes as a part of 2^32.
  t.equal(rolloutBucket('people-1.3', 'dock-3').toFixed(6), '34.668370');
  const buckets = Array.from({ length: 1000 }, (_, index) => rolloutBucket('s', `d${index}`));
  t.ok(buckets.every((bucket) => bucket >= 0 && bucket < 100));
  t.not(rolloutBucket('s', 'ab'), rolloutBucket('sa', 'b'), 'seed and id are kept apart');
  t.end();
});

t.test('as percent grows, devices join and none leaves', (t) => {
  const ids = Array.from({ length: 2000 }, (_, index) => `device-${index}`);
  const taking = (percent: number) =>
    ids.filter((id) => takesPart(rollout({ percent }), { id, tags: [] }, NOW).in);
  let before: string[] = [];
  for (const percent of [0, 1, 10, 50, 100]) {
    const now = taking(percent);
    t.ok(
      before.every((id) => now.includes(id)),
      `all of before at ${percent} %`,
    );
    const expected = 20 * percent;
    t.ok(
      Math.abs(now.length - expected) <= 4 * Math.sqrt(2000 * 0.25),
      `${now.length} of 2000 at ${percent} %`,
    );
    before = now;
  }
  t.equal(taking(0).length, 0);
  t.equal(taking(100).length, 2000);
  t.end();
});

t.test('hold, tags and time keep a device out, each with its reason', (t) => {
  t.match(takesPart(rollout({ hold: true }), device, NOW), { in: false, waiting: /hold/, atMs: undefined });
  t.match(takesPart(rollout({ tags: ['site-9'] }), device, NOW), { in: false, waiting: /other tags/ });
  t.match(takesPart(rollout({ tags: [] }), device, NOW), { in: false }, 'no tag fits an empty list');
  t.match(takesPart(rollout({ tags: ['site-9', 'dock'] }), device, NOW), { in: true, waiting: undefined });
  t.match(takesPart(rollout({ percent: 0 }), device, NOW), { in: false, waiting: /0 % of the devices/ });
  const later = rollout({ notBeforeMs: NOW + 5 });
  t.match(takesPart(later, device, NOW), {
    in: false,
    waiting: /not to be taken before 2026/,
    atMs: NOW + 5,
  });
  t.match(takesPart(later, device, NOW + 5), { in: true });
  t.match(
    takesPart(rollout({ notBeforeMs: NOW + 5, percent: 0 }), device, NOW),
    { in: false, atMs: undefined },
    'time alone would not help',
  );
  t.end();
});
