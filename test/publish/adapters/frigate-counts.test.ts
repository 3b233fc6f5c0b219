import t from 'tap';
import { FrigateCounts } from '../../../dist/publish/adapters/frigate-counts.js';
import { trackEvent } from '../../helpers/track-event.js';

const told = (counts: readonly { label: string; all: number; active: number }[]) =>
  counts.map(({ label, all, active }) => `${label} ${all} ${active}`);

t.test('a camera begins with nothing, once', async (t) => {
  const counts = new FrigateCounts();
  t.same(told(counts.begin('gate', ['person', 'a/b'])), ['person 0 0', 'a_b 0 0', 'all 0 0']);
  t.same(counts.begin('gate', ['person']), []);
});

t.test('what changes is told, and nothing else', async (t) => {
  const counts = new FrigateCounts();
  counts.begin('gate', []);
  const take = (changes: Parameters<typeof trackEvent>[0]) => told(counts.take(trackEvent(changes)));
  t.same(take({ id: '1' }), ['person 1 1', 'all 1 1']);
  t.same(take({ id: '2', label: 'car' }), ['car 1 1', 'all 2 2']);
  t.same(take({ id: '2', label: 'car', type: 'update' }), []);
  t.same(take({ id: '2', label: 'car', type: 'update', stationary: true }), ['car 1 0', 'all 2 1']);
  t.same(take({ id: '1', type: 'end' }), ['person 0 0', 'all 1 0']);
  t.same(take({ id: '1', type: 'end' }), []);
});

t.test('a camera that is not there has no counts', async (t) => {
  const counts = new FrigateCounts();
  t.same(counts.take(trackEvent()), []);
  counts.begin('gate', []);
  counts.forget('gate');
  t.same(counts.take(trackEvent()), []);
});

t.test('a model that makes up labels has so many counts of its own, the rest counts with all', async (t) => {
  const counts = new FrigateCounts();
  counts.begin('gate', []);
  let topics = 0;
  for (let number = 1; number <= 300; number += 1) {
    const changed = counts.take(trackEvent({ id: `${number}`, label: `label ${number}` }));
    topics += changed.length - 1;
    t.match(changed.at(-1), { label: 'all', all: number });
  }
  t.equal(topics, 127);
});
