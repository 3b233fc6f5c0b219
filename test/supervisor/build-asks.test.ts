/** Engines for versions that do not serve yet: each ask ends. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { EngineWish } from '../../dist/core/engine.js';
import { BuildAsks } from '../../dist/supervisor/build-asks.js';
import type { Fate } from '../../dist/supervisor/build-queue.js';
import { modelPlan } from '../helpers/plans.js';

const wish = (key: string): EngineWish => ({
  ...{ key, provider: 'cpu', precision: 'fp32', mode: 'live', format: 'RGB' },
});
const error = new DetectdError('ENGINE_BUILD', 'It failed.');
const never = (): AbortSignal => new AbortController().signal;

t.test('one after the other, each answered when nothing of it is left', async (t) => {
  let asks = 0;
  const queue = new BuildAsks(
    () => {
      asks += 1;
    },
    () => {},
  );
  const fates = new Map<string, Fate>();
  const first = queue.add({ model: modelPlan(), wanted: [wish('a')] }, never());
  const second = queue.add({ model: modelPlan({ name: 'cars' }), wanted: [wish('b')] }, never());
  t.equal(asks, 2);
  t.match(queue.next(fates, 0), { do: 'build', wish: { key: 'a' } });
  fates.set('a', { kind: 'built' });
  t.match(queue.next(fates, 0), { do: 'build', wish: { key: 'b' }, model: { name: 'cars' } });
  t.strictSame(await first, []);
  queue.failed('b', error);
  fates.set('b', { kind: 'failed', error, final: false, againUs: 5 });
  t.strictSame(queue.next(fates, 0), { do: 'wait', untilUs: 5 });
  fates.set('b', { kind: 'failed', error, final: false, againUs: undefined });
  t.strictSame(queue.next(fates, 9), { do: 'nothing' });
  t.strictSame(await second, [error]);
});

t.test('one who goes takes the build along that is for it alone', async (t) => {
  let cancelled = 0;
  const queue = new BuildAsks(
    () => {},
    () => {
      cancelled += 1;
    },
  );
  const [first, second] = [new AbortController(), new AbortController()];
  const asks = [first, second].map(({ signal }, index) =>
    queue.add({ model: modelPlan(), wanted: [wish(`${index}`)] }, signal),
  );
  queue.next(new Map(), 0);
  second.abort(new Error('second'));
  t.equal(cancelled, 0);
  first.abort(new Error('first'));
  t.equal(cancelled, 1);
  const [one, two] = asks;
  await t.rejects(one as Promise<unknown>, { message: 'first' });
  await t.rejects(two as Promise<unknown>, { message: 'second' });
  await t.rejects(queue.add({ model: modelPlan(), wanted: [] }, AbortSignal.abort(new Error('gone'))), {
    message: 'gone',
  });
});

t.test('dropped, they do without; closed, they hear of it', async (t) => {
  const queue = new BuildAsks(
    () => {},
    () => {},
  );
  const dropped = queue.add({ model: modelPlan(), wanted: [wish('a')] }, never());
  queue.drop();
  t.strictSame(await dropped, []);
  const closed = queue.add({ model: modelPlan(), wanted: [wish('a')] }, never());
  queue.close();
  await t.rejects(closed, { code: 'ENGINE_CANCELLED' });
});
