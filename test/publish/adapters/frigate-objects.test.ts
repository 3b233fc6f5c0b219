import t from 'tap';
import { FrigateObjects } from '../../../dist/publish/adapters/frigate-objects.js';
import { trackEvent } from '../../helpers/track-event.js';

const at = (us: number) => us / 1e6;

t.test('each message begins where the one before it ended', async (t) => {
  const objects = new FrigateObjects();
  const first = objects.take(trackEvent(), at);
  t.match(first, { type: 'new', before: { false_positive: true }, after: { false_positive: false } });
  const second = objects.take(trackEvent({ type: 'update', seenUs: 4e6, stationary: true, hits: 23 }), at);
  t.match(second, { type: 'update', after: { frame_time: 4, motionless_count: 20 } });
  t.same(second.before, first.after);
  const last = objects.take(trackEvent({ type: 'end', seenUs: 5e6 }), at);
  t.match(last, { type: 'end', after: { end_time: 5 } });
  t.same(last.before, second.after);
});

t.test(
  'of an object that is met on its way a new one is told; one that only ends has a before',
  async (t) => {
    const objects = new FrigateObjects();
    t.equal(objects.take(trackEvent({ type: 'update' }), at).type, 'new');
    t.equal(objects.take(trackEvent({ type: 'update' }), at).type, 'update');
    t.match(objects.take(trackEvent({ id: 'other', type: 'end' }), at), {
      type: 'end',
      before: { end_time: null },
    });
  },
);

t.test('objects that never end are forgotten at last', async (t) => {
  const objects = new FrigateObjects();
  for (let number = 0; number <= 4096; number += 1) objects.take(trackEvent({ id: `${number}` }), at);
  t.equal(objects.take(trackEvent({ id: '0', type: 'update' }), at).type, 'new');
  t.equal(objects.take(trackEvent({ id: '4096', type: 'update' }), at).type, 'update');
});
