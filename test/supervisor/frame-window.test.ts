/** What a model did on one camera lately. */
import t from 'tap';
import { FrameWindow } from '../../dist/supervisor/frame-window.js';

t.test('nothing seen is nothing known', async (t) => {
  t.strictSame(new FrameWindow().facts(), {
    ...{ frames: 0, detections: 0, perFrame: 0 },
    ...{ inferMs: undefined, inferMs95: undefined, intervalMs: undefined },
  });
});

t.test('rates, intervals and times of what was seen', async (t) => {
  const window = new FrameWindow();
  for (let frame = 0; frame < 100; frame += 1) window.add(frame * 40_000, 3, frame < 90 ? 10 : 80);
  const { frames, perFrame, intervalMs, inferMs = 0, inferMs95 = 0 } = window.facts();
  t.match({ frames, perFrame, intervalMs }, { frames: 100, perFrame: 3, intervalMs: 40 });
  t.ok(Math.abs(inferMs / 10 - 1) < 0.08, `${inferMs}`);
  t.ok(Math.abs(inferMs95 / 80 - 1) < 0.08, `${inferMs95}`);
});

t.test('what is older than twenty minutes is forgotten', async (t) => {
  const window = new FrameWindow();
  for (let minute = 0; minute < 60; minute += 1) window.add(minute * 60e6, minute < 30 ? 100 : 1, 5);
  t.ok(window.facts().frames <= 20);
  t.equal(window.facts().perFrame, 1);
});

t.test('times beyond all measure are taken, too', async (t) => {
  const window = new FrameWindow();
  for (const ms of [0, -1, Number.NaN, 1e9]) window.add(0, 0, ms);
  t.equal(window.facts().frames, 4);
});
