/** A picture is the next one, never one that was left over, and the branch is shut again whatever comes. */
import t from 'tap';
import type { Caps, GstAppSink, GstElement } from '../../dist/capture/gst-binding.js';
import { JpegTap } from '../../dist/capture/jpeg-tap.js';

function rig() {
  const gate: GstElement = { 'drop-probability': 1 };
  const encoder: GstElement = {};
  const waiting: ((buffer: Buffer | null, caps: Caps) => void)[] = [];
  const sink: GstAppSink = { pull: (callback) => waiting.push(callback) };
  const tap = new JpegTap(gate, encoder, sink);
  const come = async (text: string | null, caps: Caps = { width: 64, height: 48 }) => {
    waiting.shift()?.(text === null ? null : Buffer.from(text), caps);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { gate, encoder, tap, come, waiting };
}

t.test('the gate is open while a picture is wanted', async (t) => {
  const { gate, encoder, tap, come } = rig();
  const picture = tap.take(70);
  t.equal(gate['drop-probability'], 0);
  t.equal(encoder['quality'], 70);
  await come('a');
  t.match(await picture, { bytes: Buffer.from('a'), width: 64, height: 48 });
  t.equal(gate['drop-probability'], 1);
});

t.test('from the second on the first that comes may have been left over and is not given out', async (t) => {
  const { tap, come } = rig();
  const first = tap.take(80);
  await come('a');
  await first;
  const second = tap.take(80);
  await come('left over');
  await come('fresh');
  t.equal((await second)?.bytes.toString(), 'fresh');
});

t.test('who asks meanwhile gets the same picture', async (t) => {
  const { tap, come, waiting } = rig();
  const both = Promise.all([tap.take(80), tap.take(10)]);
  t.equal(waiting.length, 1);
  await come('a');
  const [one, other] = await both;
  t.equal(one, other);
});

t.test(
  'when the pipeline stops, or no picture comes, the gate is shut and the next one is taken',
  async (t) => {
    const { gate, tap, come } = rig();
    const stopped = tap.take(80);
    await come(null);
    t.equal(await stopped, undefined);
    t.equal(gate['drop-probability'], 1);
    const strange = tap.take(80);
    await come('x', { name: 'audio/x-raw' });
    await t.rejects(strange, /not a picture/);
    t.equal(gate['drop-probability'], 1);
    const next = tap.take(80);
    await come('y');
    await come('z');
    t.equal((await next)?.bytes.toString(), 'z');
  },
);
