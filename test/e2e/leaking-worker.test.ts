/** A worker that really loses host memory is found, and replaced at a quiet moment by a fresh one. */
import t, { type Test } from 'tap';
import { leakHandover } from '../../scripts/proof/leak-handover.mjs';
import { noMemoryGroup } from '../../scripts/proof/memory-group.mjs';
import { noMosquitto } from '../helpers/mosquitto.js';
import { noGstreamer } from '../helpers/test-video.js';

/** What only a hang would exceed; what is promised is measured by `scripts/prove health`. */
const HUNG_MS = 20_000;

/** One worker took over from another: without a gap, and with the memory given back. */
function replaced(t: Test, leak: Awaited<ReturnType<typeof leakHandover>>): void {
  t.ok(leak.changing.captureMs < HUNG_MS, `${leak.changing.captureMs} ms`);
  t.ok(leak.gapless, 'seq goes on');
  t.ok(leak.freshMb < leak.leakedMb - 50, `memory comes back: ${leak.leakedMb} MB, then ${leak.freshMb} MB`);
  t.equal(leak.recycled, 1);
  t.strictSame(leak.failures, []);
}

t.test(
  'a leak is found, waits while objects are seen, and is given back without a gap',
  {
    skip: noMosquitto || noGstreamer,
  },
  async (t) => {
    const leak = await leakHandover();
    t.match(leak.reason, /^the worker's memory grows by \d+ MB an hour: .* and has not stopped/);
    t.ok(leak.waited, 'nothing is done while objects are seen');
    t.ok(leak.besideTheOld, 'the fresh one has loaded its models before the old one lets go');
    replaced(t, leak);
  },
);

t.test(
  'without room for two, the old one ends before the fresh one starts',
  {
    skip: noMosquitto || noGstreamer || noMemoryGroup(),
  },
  async (t) => {
    const leak = await leakHandover({ room: 'one' });
    t.notOk(leak.besideTheOld);
    replaced(t, leak);
  },
);
