/** What no single value shows. */
import t from 'tap';
import { crossChecks } from '../../dist/config/cross-checks.js';

t.test('nonsense of any shape is survived, as the schema reports it', (t) => {
  for (const value of [
    null,
    5,
    'x',
    [],
    { cameras: [] },
    { cameras: { a: 5 } },
    { cameras: { a: { model: [] } } },
  ]) {
    t.strictSame(crossChecks(value), []);
  }
  t.end();
});

t.test('models are looked up, sources parsed, settings matched with the source', (t) => {
  const found = crossChecks({
    models: { people: {} },
    cameras: {
      good: { source: 'file:a', model: 'people', every_frame: true, loop: true },
      off: { source: 'v4l2:0', model: 'people', every_frame: false },
      bad: { source: 'csi:x', model: 'poeple', loop: true },
      live: { source: 'rtsp://h/a', model: 'toString', loop: true },
    },
  });
  t.strictSame(found, [
    {
      path: ['cameras', 'bad', 'model'],
      at: 'value',
      message: '"cameras.bad.model" names a model that is not under "models"',
      suggestion: 'people',
    },
    {
      path: ['cameras', 'bad', 'source'],
      at: 'value',
      message: '"cameras.bad.source" names no sensor; write csi:0, csi:1, …',
    },
    {
      path: ['cameras', 'live', 'model'],
      at: 'value',
      message: '"cameras.live.model" names a model that is not under "models"',
      suggestion: undefined,
    },
    { path: ['cameras', 'live', 'loop'], at: 'key', message: '"cameras.live.loop" is for file sources only' },
  ]);
  t.end();
});
