/** The whole view at sizes of terminals, and of messages that hold anything. */
import t from 'tap';
import { statusFacts } from '../../dist/commands/status-facts.js';
import { statusLines, type ViewContext } from '../../dist/commands/status-view.js';
import { rendered } from '../../dist/commands/styled-text.js';
import type { DeviceState } from '../../dist/publish/device-book.js';
import { deviceState, hostileState, NOW_MS } from '../helpers/device-state.js';

function drawn(state: DeviceState, context: Partial<ViewContext> = {}): string[] {
  const lines = statusLines(statusFacts(state), { width: 80, nowMs: NOW_MS, ...context });
  return lines.map((line) => rendered(line, { colour: false, unicode: true }));
}

t.test('the head says who, how it is, how old the figures are and why', async (t) => {
  const [head, reason] = drawn(deviceState());
  t.equal(head, 'dock-3  degraded for 77 s          figures 4 s old, up 6 h 13 min, detectd 0.1.0');
  t.equal(reason, 'camera "lane": No frame came for 10 s.');
  const narrow = drawn(deviceState(), { width: 40 });
  t.same(narrow.slice(0, 2), ['dock-3  degraded for 77 s', 'figures 4 s old, up 6 h 13 min, detectd…']);
});

t.test('of a daemon that has ended the time is told', async (t) => {
  const ended = (state: string) =>
    drawn(deviceState({ status: { state, ts: '2026-11-22T08:11:08.900Z' } as never, health: undefined }))[0];
  t.match(ended('stopped'), 'dock-3  stopped 10 min ago');
  t.match(ended('lost'), 'dock-3  lost, last connected 10 min ago');
  t.match(drawn(deviceState({ status: undefined }))[0], 'dock-3  no status is known');
  t.match(drawn(deviceState({ status: { state: 'ready', ts: 'soon' } as never }))[0], /^dock-3 {2}ready /);
});

t.test('a lost connection is told, with when the device was heard last', async (t) => {
  const link = { connected: false, reason: 'The broker is down.', heardMsAgo: 14_200 };
  const lines = drawn(deviceState(), { link });
  t.equal(lines[1], 'connection lost, last heard 14 s ago: The broker is down.');
  const never = { connected: false, reason: '', heardMsAgo: undefined };
  t.equal(drawn(deviceState(), { link: never })[1], 'not connected');
  t.notMatch(drawn(deviceState(), { link: { ...link, connected: true } }).join('\n'), 'connection');
});

for (const [width, height] of [
  [80, 23],
  [120, 39],
  [40, 19],
  [20, 4],
] as const)
  t.test(`it fits ${width} columns and ${height} lines`, async (t) => {
    const lines = drawn(deviceState(), { width, height });
    t.ok(lines.length <= height, `${lines.length} lines`);
    t.same(
      lines.filter((text) => text.length > width),
      [],
    );
    t.match(lines[0], /^dock-3 {2}degraded/);
    if (height > 10)
      for (const word of [/^lane +offline/, /^worker gpu .*leak/])
        t.ok(lines.some((text) => word.test(text)));
  });

t.test('at 80 by 24 everything that matters is there, without gaps', async (t) => {
  const lines = drawn(deviceState(), { height: 23 });
  for (const label of [
    'services',
    'gate',
    'lane',
    'worker gpu',
    'available',
    'hottest',
    'machine',
    'mqtt',
    'remedies',
  ])
    t.ok(
      lines.some((text) => text.startsWith(label)),
      label,
    );
  t.notOk(lines.includes(''));
});

t.test('without a limit nothing is cut off', async (t) => {
  const text = drawn(deviceState()).join('\n');
  t.match(text, 'waiting for a quiet moment.');
  t.match(text, /PROCESS +PID/);
  t.notMatch(text, '…');
});

t.test('of forty cameras those with faults are seen', async (t) => {
  const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
  const state = deviceState({ info: { version: '0.1.0', cameras: [...names, 'lane'], models: {} } as never });
  for (const name of names) state.cameras[name] = state.cameras['gate'] as never;
  const lines = drawn(state, { height: 23 });
  t.ok(lines.length <= 23);
  t.ok(lines.some((text) => text.startsWith('lane')));
  t.ok(lines.some((text) => /^and \d+ more$/.test(text)));
  t.ok(lines.some((text) => text.startsWith('hottest')));
});

t.test('a device that tells nothing of its health is drawn with what it tells', async (t) => {
  const text = drawn(deviceState({ health: undefined })).join('\n');
  t.match(text, /^health {4}nothing was told of it yet$/m);
  t.match(text, /^lane +offline/m);
  const silent = {
    device: 'd',
    status: undefined,
    info: undefined,
    health: undefined,
    cameras: {},
    models: {},
  };
  t.same(drawn(silent), ['d  no status is known']);
});

t.test('messages that hold anything are drawn, harmless and in bounds', async (t) => {
  for (const width of [20, 40, 80, 120])
    for (const height of [4, 23, undefined]) {
      const lines = drawn(hostileState(), { width, height });
      t.notMatch(lines.join('\n'), /[^\P{Cc}\n]|\u202e/u);
      t.ok(lines.every((text) => text.length <= width));
      t.ok(lines.length <= (height ?? 200), `${lines.length}`);
    }
});
