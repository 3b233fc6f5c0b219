/** Messages from a broker: what is a detection with its truth, and everything else. */
import t from 'tap';
import { readSelftestMessage } from '../../dist/commands/selftest-message.js';

const GOOD = {
  seq: 4,
  ts: '2026-11-22T08:21:04.512Z',
  objects: [{ label: 'star', label_id: 3, confidence: 0.9, bbox_px: [1, 2, 3, 4] }],
  truth: [{ label: 'star', label_id: 3, visible: 1, bbox_px: [1, 2, 3, 4.5] }],
  unsure: [],
};
const read = (value: unknown) => readSelftestMessage(Buffer.from(JSON.stringify(value)));

t.test('what is needed is taken from a message', async (t) => {
  t.strictSame(read(GOOD), {
    seq: 4,
    capturedMs: Date.UTC(2026, 10, 22, 8, 21, 4, 512),
    objects: [{ label: 'star', corners: [1, 2, 3, 4], confidence: 0.9 }],
    truth: [{ label: 'star', corners: [1, 2, 3, 4.5] }],
    unsure: [],
  });
});

t.test('anything else is none', async (t) => {
  t.equal(readSelftestMessage(Buffer.from([0xff, 0x00])), undefined);
  t.equal(readSelftestMessage(Buffer.from('')), undefined);
  for (const value of [null, 5, [], {}, 'text']) t.equal(read(value), undefined);
  const { truth: _truth, ...plain } = GOOD;
  t.equal(read(plain), undefined, 'a camera that draws nothing');
  for (const change of [
    { seq: '4' },
    { seq: 1.5 },
    { ts: 'today' },
    { ts: 5 },
    { objects: {} },
    { objects: [null] },
    { objects: [{ label: 'star', bbox_px: [1, 2, 3, 4] }] },
    { objects: [{ label: 3, confidence: 1, bbox_px: [1, 2, 3, 4] }] },
    { truth: [{ label: 'star', bbox_px: [1, 2, 3] }] },
    { truth: [{ label: 'star', bbox_px: [1, 2, 3, '4'] }] },
    { unsure: [{ label: 'star', bbox_px: [1, 2, 3, null] }] },
    { unsure: 'none' },
  ])
    t.equal(read({ ...GOOD, ...change }), undefined, JSON.stringify(change));
});
