/** Which document is in force, which waits and which is refused, message by message. */
import t from 'tap';
import { type BookPolicy, DesiredBook, type InForce } from '../../dist/models/desired-book.js';
import { document, payload } from '../helpers/desired.js';

const NOW = Date.UTC(2026, 10, 23);
const POLICY: BookPolicy = { id: 'dock-3', tags: ['site-7'], signed: false };
const NONE = new Map();
const A = { log: { level: 'debug' } };
const B = { log: { level: 'trace' } };

/** A book in which every document that is wanted comes into force at once. */
function book() {
  const made = new DesiredBook(POLICY);
  const hear = (content: object | string, nowMs = NOW, scope: 'fleet' | 'device' = 'fleet') => {
    made.receive(scope, typeof content === 'string' ? Buffer.from(content) : payload(content), nowMs);
    made.took(made.wanted(nowMs), NONE);
    const { state, version, error } = made.report(scope, nowMs);
    return [state, version, error?.code].filter((part) => part !== undefined).join(' ');
  };
  return { made, hear, config: () => made.inForce.fleet?.config };
}

t.test('a newer one takes the place of an older one', (t) => {
  const { hear, config } = book();
  t.equal(hear({ version: 3, config: A }), 'in_force 3');
  t.equal(hear({ version: 3, config: A }), 'in_force 3', 'heard again');
  t.equal(hear({ version: 7, config: B }), 'in_force 7');
  t.strictSame(config(), B);
  t.end();
});

t.test('stale, conflicting, malformed and expired ones are refused, and what is in force stays', (t) => {
  const { hear, config } = book();
  hear({ version: 5, config: A });
  t.equal(hear({ version: 4, config: B }), 'refused 4 DESIRED_STALE');
  t.equal(hear({ version: 5, config: B }), 'refused 5 DESIRED_CONFLICT');
  t.equal(hear('{'), 'refused DESIRED_MALFORMED');
  t.equal(hear({ version: 6, config: B, device: 'dock-4' }), 'refused DESIRED_OTHER_DEVICE');
  t.equal(hear({ version: 6, config: B, expires: '2026-11-22T00:00:00Z' }), 'refused 6 DESIRED_EXPIRED');
  t.strictSame(config(), A);
  t.equal(hear({ version: 5, config: A }), 'in_force 5', 'the right one again');
  t.end();
});

t.test('an empty message changes nothing, but withdraws what waits', (t) => {
  const { hear, config, made } = book();
  t.equal(hear(''), 'absent');
  hear({ version: 1, config: A });
  t.equal(hear(''), 'absent');
  t.strictSame(config(), A, 'what was taken stays');
  t.equal(hear({ version: 2, config: B, rollout: { hold: true } }), 'waiting 2');
  t.equal(hear(''), 'absent');
  t.equal(made.kept('fleet').offered, undefined);
  t.equal(hear({ version: 2, config: A }), 'in_force 2');
  t.end();
});

t.test(
  'whoever has taken it keeps it when the roll-out falls back or is held; others do not take it',
  (t) => {
    const taken = book();
    taken.hear({ version: 1, config: A });
    t.equal(
      taken.hear({ version: 2, config: B, rollout: { percent: 35, seed: 'people-1.3' } }),
      'in_force 2',
    );
    for (const [version, rollout] of [
      [3, { percent: 10, seed: 'people-1.3' }],
      [4, { hold: true }],
      [5, { percent: 0 }],
      [6, { tags: ['elsewhere'] }],
    ] as const) {
      t.equal(taken.hear({ version, config: B, rollout }), `in_force ${version}`);
      t.strictSame(taken.config(), B);
    }
    const outside = book();
    outside.hear({ version: 1, config: A });
    t.equal(
      outside.hear({ version: 2, config: B, rollout: { percent: 34, seed: 'people-1.3' } }),
      'waiting 2',
    );
    t.match(outside.made.report('fleet', NOW).rollout, {
      bucket: 34.668,
      percent: 34,
      in: false,
      waiting: /34 % of the devices/,
    });
    t.equal(
      outside.hear({ version: 3, config: B, rollout: { percent: 50, seed: 'people-1.3', hold: true } }),
      'waiting 3',
    );
    t.strictSame(outside.config(), A, 'the one before stays in force');
    t.equal(
      outside.hear({ version: 4, config: B, rollout: { percent: 50, seed: 'people-1.3' } }),
      'in_force 4',
    );
    t.end();
  },
);

t.test('time lets it begin, or pass', (t) => {
  const { made, hear, config } = book();
  const rollout = { not_before: '2026-11-23T00:01:00Z' };
  t.equal(hear({ version: 1, config: A, rollout, expires: '2026-11-23T01:00:00Z' }), 'waiting 1');
  t.equal(made.tick(NOW), NOW + 60_000, 'when to look again');
  t.notOk(made.due(NOW));
  t.ok(made.due(NOW + 60_000));
  made.took(made.wanted(NOW + 60_000), NONE);
  t.strictSame(config(), A);
  t.equal(made.tick(NOW + 60_000), undefined);
  t.equal(made.report('fleet', NOW + 9e9).state, 'in_force', 'what was taken in time stays');

  hear({ version: 2, config: B, rollout: { hold: true }, expires: '2026-11-23T02:00:00Z' });
  t.equal(made.tick(NOW), NOW + 7_200_000);
  t.equal(made.tick(NOW + 7_200_000), undefined);
  t.match(made.report('fleet', NOW), { state: 'refused', version: 2, error: { code: 'DESIRED_EXPIRED' } });
  t.end();
});

t.test('one that does not fit is refused, and bars no other', (t) => {
  const made = new DesiredBook(POLICY);
  made.receive('fleet', payload({ version: 1, config: A }), NOW);
  made.took(made.wanted(NOW), NONE);
  made.receive('fleet', payload({ version: 9, config: B }), NOW);
  const wanted = made.wanted(NOW);
  const inForce: InForce = { ...made.inForce };
  made.took(inForce, new Map([[wanted.fleet as never, { code: 'DESIRED_INVALID', message: 'x' }]]));
  t.match(made.report('fleet', NOW), { state: 'refused', version: 9, error: { code: 'DESIRED_INVALID' } });
  t.notOk(made.due(NOW), 'it is not tried again by itself');
  t.equal(made.wanted(NOW).fleet?.version, 1);
  made.forgetUnfit();
  t.ok(made.due(NOW), 'but when the local file has changed');
  made.unfit('fleet', { code: 'DESIRED_INVALID', message: 'x' });
  made.receive('fleet', payload({ version: 2, config: B }), NOW);
  t.match(made.report('fleet', NOW), { state: 'waiting', version: 2, error: undefined });
  t.end();
});

t.test('one that no longer fits the local file is out of force, and said so', (t) => {
  const { made, hear } = book();
  hear({ version: 1, config: A });
  const taken = made.inForce.fleet;
  made.took({}, new Map([[taken as never, { code: 'DESIRED_INVALID', message: 'x' }]]));
  t.match(made.report('fleet', NOW), { state: 'refused', version: 1 });
  t.equal(made.inForce.fleet, undefined);
  t.equal(made.kept('fleet').taken, taken, 'it is kept for when it fits again');
  made.forgetUnfit();
  t.equal(made.wanted(NOW).fleet, taken);
  t.end();
});

t.test('what was kept is wanted again after a restart', (t) => {
  const made = new DesiredBook(POLICY);
  const taken = document({ version: 3, config: A, expires: '2026-11-01T00:00:00Z' });
  made.restore('fleet', { taken, offered: undefined });
  t.equal(made.wanted(NOW).fleet, taken, 'although its time for being taken has passed');
  t.equal(made.inForce.fleet, undefined);
  t.ok(made.due(NOW));
  made.receive('fleet', payload({ version: 2, config: B }), NOW);
  t.match(made.report('fleet', NOW), { state: 'refused', error: { code: 'DESIRED_STALE' } });
  t.end();
});

t.test('under another name, what was for this device is gone; tags count at once', (t) => {
  const { made, hear } = book();
  hear({ version: 1, config: A }, NOW, 'device');
  t.equal(made.inForce.device?.version, 1);
  made.configure({ ...POLICY, id: 'dock-4' });
  t.equal(made.wanted(NOW).device, undefined);
  t.ok(made.due(NOW));

  const other = book();
  t.equal(other.hear({ version: 1, config: A, rollout: { tags: ['new'] } }), 'waiting 1');
  other.made.configure({ ...POLICY, tags: ['new'] });
  t.ok(other.made.due(NOW));
  other.made.clear();
  t.notOk(other.made.due(NOW));
  t.equal(other.made.report('fleet', NOW).state, 'absent');
  t.end();
});
