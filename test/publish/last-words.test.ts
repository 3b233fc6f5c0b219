import t from 'tap';
import type { ModelState } from '../../dist/core/model-state.js';
import { closed, idle } from '../../dist/publish/last-words.js';

t.test('a camera that nobody reads is offline, and what it did is not what it does', async (t) => {
  const facts = { camera: 'gate', state: 'online', fps: 9, lastFrameAgeMs: 4, reconnects: 2 } as const;
  t.match(closed(facts), { camera: 'gate', state: 'offline', fps: undefined, lastFrameAgeMs: undefined });
  t.equal(closed(facts).reconnects, 2);
  for (const state of ['ended', 'disabled'] as const) t.equal(closed({ ...facts, state }).state, state);
});

t.test('a model for which nobody builds waits', async (t) => {
  const state = { name: 'people', phase: 'building', building: {} } as unknown as ModelState;
  t.match(idle(state), { name: 'people', phase: 'waiting', building: undefined });
});
