/** Opening a camera again and again leaves nothing behind. The long form is `scripts/prove cameras`. */
import t from 'tap';
import { cannotRun, measureOpens } from '../../scripts/proof/cameras-opens.mjs';
import { noCapture } from '../helpers/capture-rig.js';

t.test(
  'failed opens and reconnects leave no memory, descriptor, thread or pipeline behind',
  { skip: noCapture || (cannotRun() ?? false) },
  async (t) => {
    const held = await measureOpens({ opens: 1000, reconnects: 60 });
    if (held.impossible !== undefined) throw new Error(held.impossible);
    const { start, end } = held;
    t.ok(end.reconnects - start.reconnects >= 1060, `${end.reconnects - start.reconnects} times`);
    t.ok(end.frames - start.frames >= 120, `${end.frames - start.frames} pictures`);
    t.comment(`${end.rssKb - start.rssKb} KB`);
    t.ok(end.rssKb - start.rssKb < 1024, `${end.rssKb - start.rssKb} KB`);
    t.ok(end.descriptors <= start.descriptors, `${end.descriptors} descriptors, before ${start.descriptors}`);
    t.ok(end.threads <= start.threads, `${end.threads} threads, before ${start.threads}`);
    t.equal(end.pipelines, 1, 'always the same pipeline');
  },
);
