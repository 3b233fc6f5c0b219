/** Engines for measuring, each of which is built once. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { BenchEngines } from '../../dist/commands/bench-engine.js';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import type { BuildJob } from '../../dist/ipc/builder-protocol.js';
import type { BuildEnd } from '../../dist/supervisor/builder-host.js';
import { modelPlan } from '../helpers/plans.js';

function job(key: string): BuildJob {
  const wish = { key, provider: 'cpu', precision: 'fp32', mode: 'live', format: 'RGB' } as const;
  const model = modelPlan();
  const rest = { device: UNKNOWN_DEVICE, cacheFolder: '/nowhere', maxBytes: 1, maxBatch: 1, again: true };
  return { model, wish, ...rest };
}
const engine = {
  key: 'a',
  provider: 'cpu',
  precision: 'fp32',
  wasThere: false,
  ms: 5,
  bytes: 9,
  notes: [],
} as const;

function rig(end: (key: string) => BuildEnd | Promise<BuildEnd>) {
  const abort = new AbortController();
  const started: string[] = [];
  let cancelled = 0;
  const engines = new BenchEngines({
    signal: abort.signal,
    builder: ({ wish }) => ({
      run: async () => {
        started.push(wish.key);
        return end(wish.key);
      },
      cancel: () => {
        cancelled += 1;
      },
    }),
  });
  return { engines, started, abort, cancels: () => cancelled };
}

t.test('what was built is not built again, and nor is what cannot be', async (t) => {
  const error = new DetectdError('ENGINE_REFUSED', 'It finds nothing.');
  const { engines, started } = rig((key) =>
    key === 'a'
      ? { kind: 'built', engine: { ...engine, notes: [] } }
      : { kind: 'failed', error, final: true },
  );
  for (let round = 0; round < 2; round += 1) {
    t.match(await engines.get(job('a')), { engine: { key: 'a' } });
    t.strictSame(await engines.get(job('b')), { error });
  }
  t.strictSame(started, ['a', 'b']);
});

t.test('a build that somebody else stopped is a failure', async (t) => {
  const { engines } = rig(() => ({ kind: 'cancelled' }));
  t.match(await engines.get(job('a')), { error: { code: 'ENGINE_CANCELLED' } });
});

t.test('an interruption stops the builder and waits for its end', async (t) => {
  let ended = (_: BuildEnd): void => {};
  const { engines, abort, cancels } = rig(
    () =>
      new Promise((resolve) => {
        ended = resolve;
      }),
  );
  const got = engines.get(job('a'));
  abort.abort(new Error('Ctrl-C'));
  t.equal(cancels(), 1);
  ended({ kind: 'cancelled' });
  await t.rejects(got, /Ctrl-C/);
  await t.rejects(engines.get(job('b')), /Ctrl-C/, 'nothing is begun any more');
});
