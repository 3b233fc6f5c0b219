/** Engines one after the other, as a command builds them. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { buildEngines, type EngineOrder, type EngineOutcome } from '../../dist/commands/engine-builds.js';
import type { BuildProgress } from '../../dist/core/engine.js';
import type { BuildEnd } from '../../dist/supervisor/builder-host.js';
import { modelPlan } from '../helpers/plans.js';

const PROGRESS: BuildProgress = {
  phase: 'building',
  provider: 'cpu',
  precision: 'fp32',
  elapsedMs: 30_000,
  expectedMs: 60_000,
  attempt: 1,
};

function order(key: string): EngineOrder {
  const wish = { key, provider: 'cpu', precision: 'fp32', mode: 'live', format: 'RGB' } as const;
  return { model: modelPlan({ name: `of ${key}` }), wish };
}

function built(key: string, wasThere: boolean): BuildEnd {
  const engine = { key, provider: 'cpu', precision: 'fp32', wasThere, ms: 1, bytes: 2, notes: [] } as const;
  return { kind: 'built', engine: { ...engine, notes: [] } };
}

function rig(ends: Record<string, BuildEnd>) {
  const abort = new AbortController();
  const log: string[] = [];
  const run = (...keys: string[]): Promise<EngineOutcome[]> =>
    buildEngines(keys.map(order), {
      builder: ({ wish }, onProgress) => {
        let cancel = (): void => {};
        const cancelled = new Promise<BuildEnd>((resolve) => {
          cancel = () => resolve({ kind: 'cancelled' });
        });
        return {
          run: () => {
            log.push(`run ${wish.key}`);
            onProgress(PROGRESS);
            const end = ends[wish.key];
            return end === undefined ? cancelled : Promise.resolve(end);
          },
          cancel: () => cancel(),
        };
      },
      signal: abort.signal,
      onWork: (_order, text, part) => log.push(`${text} ${part ?? '?'}`),
      onOutcome: ({ outcome, wish }) => log.push(`${wish.key} ${outcome}`),
    });
  return { abort, log, run };
}

t.test('each is told as it goes and as it ends', async (t) => {
  const { run, log } = rig({ a: built('a', false), b: built('b', true) });
  const outcomes = await run('a', 'b');
  t.match(outcomes, [
    { outcome: 'built', engine: { key: 'a' }, error: undefined },
    { outcome: 'there', engine: { key: 'b' } },
  ]);
  t.strictSame(log.slice(0, 4), [
    'CPU fp32 engine of of a ?',
    'run a',
    'building, 30 s of about 60, CPU fp32 engine of of a 0.5',
    'a built',
  ]);
});

t.test('what fails does not keep the others from being built', async (t) => {
  const error = new DetectdError('ENGINE_BUILD', 'It failed.');
  const { run } = rig({ a: { kind: 'failed', error, final: true }, b: built('b', false) });
  t.match(await run('a', 'b'), [
    { outcome: 'failed', engine: undefined, error: { code: 'ENGINE_BUILD' } },
    { outcome: 'built' },
  ]);
});

t.test('interrupted, the build is cancelled and no other begins', async (t) => {
  const { run, abort, log } = rig({});
  const running = run('a', 'b');
  abort.abort(new Error('enough'));
  await t.rejects(running, { message: 'enough' });
  t.notOk(log.includes('run b'));
  await t.rejects(run('c'), { message: 'enough' });
});

t.test('a builder that was stopped by someone else is a failure', async (t) => {
  const { run } = rig({ a: { kind: 'cancelled' } });
  t.match(await run('a'), [{ outcome: 'failed', error: { code: 'ENGINE_CANCELLED' } }]);
});
