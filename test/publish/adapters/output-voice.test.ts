import t from 'tap';
import { outputVoice } from '../../../dist/publish/adapters/output-voice.js';
import type { ForeignVoice } from '../../../dist/publish/foreign-voice.js';

function voice(stored: boolean, there = true) {
  const heard: unknown[] = [];
  const note =
    (name: string) =>
    (...args: unknown[]) =>
      void heard.push([name, ...args]);
  const foreign = {
    pass: note('pass'),
    publish: note('publish'),
    remove: note('remove'),
    event: note('event'),
  };
  const made = outputVoice({
    foreign: () => (there ? (foreign as unknown as ForeignVoice) : undefined),
    bootId: '7f3c0a11',
    outbox: { add: (stream, topic, priority, build) => heard.push([stream, topic, priority, build(7)]) },
    stores: () => stored,
  });
  return { made, heard };
}

t.test('events are stored and numbered where tracks are, and else sent once', async (t) => {
  const kept = voice(true);
  kept.made.event('frigate/events', { type: 'new' });
  const payload = { type: 'new', boot_id: '7f3c0a11', seq: 7 };
  t.same(kept.heard, [['frigate/events', 'frigate/events', 2, payload]]);
  const passed = voice(false);
  passed.made.event('frigate/events', { type: 'new' });
  t.same(passed.heard, [['event', 'frigate/events', { type: 'new' }]]);
});

t.test('everything else goes to the publisher of the day, if there is one', async (t) => {
  for (const there of [true, false]) {
    const { made, heard } = voice(false, there);
    made.pass('deepstream', '{}');
    made.say('frigate/gate/all', '1', false);
    made.unsay('frigate/gate/all', false);
    const all = [
      ['pass', 'deepstream', '{}'],
      ['publish', 'frigate/gate/all', '1', false],
      ['remove', 'frigate/gate/all', false],
    ];
    t.same(heard, there ? all : []);
  }
});
