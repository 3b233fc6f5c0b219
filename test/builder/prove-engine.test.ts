/** A fresh engine beside the CPU, on pictures. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ProofSession } from '../../dist/builder/contender.js';
import { proveEngine } from '../../dist/builder/prove-engine.js';
import { openBundle } from '../../dist/bundle/bundle.js';
import { prepareGraph } from '../../dist/graph/prepare.js';
import { Session } from '../../dist/inference/session.js';
import { modelPlan } from '../helpers/plans.js';
import { type TinyBundleOptions, tinyBundle } from '../helpers/tiny-bundle.js';

async function rig(t: Pick<Test, 'testdir'>, engine: TinyBundleOptions = {}, cpu: TinyBundleOptions = {}) {
  const released: string[] = [];
  const root = t.testdir({});
  const open = async (name: string, options: TinyBundleOptions) => {
    const bundle = await openBundle(tinyBundle(join(root, name), options), root);
    const where = bundle.modelPath;
    const graph = prepareGraph(readFileSync(where), bundle.inferCfg, {
      ...{ mode: 'live', format: 'RGB', processor: 'cpu', where },
    });
    const session = await Session.load(graph.model, { provider: 'cpu', threads: 1, where });
    const watched: ProofSession = {
      inputs: session.inputs,
      outputs: session.outputs,
      run: (feeds) => session.run(feeds),
      release: async () => {
        released.push(name);
        await session.release();
      },
    };
    return { bundle, graph, session: watched };
  };
  const fresh = await open('engine', engine);
  const reference = await open('cpu', cpu);
  const ending = new AbortController();
  return {
    released,
    ending,
    prove: () =>
      proveEngine({
        ...{ engine: fresh.session, cpu: reference.session, graph: reference.graph },
        ...{ bundle: reference.bundle, model: modelPlan(), precision: 'fp16', signal: ending.signal },
      }),
  };
}

t.test('one that agrees has its figures, and both sessions are given back', async (t) => {
  const { prove, released } = await rig(t);
  t.match(await prove(), {
    figures: { of: 'drawn scenes', pictures: 4, matched: 4, threshold: 0.3 },
    notes: [],
  });
  t.strictSame(released.sort(), ['cpu', 'engine']);
});

t.test('one that does not is refused, with the way out', async (t) => {
  const { prove, released } = await rig(t, { score: 0.1 });
  await t.rejects(prove(), {
    code: 'ENGINE_REFUSED',
    message: /^On 4 drawn scenes the fp16 engine /,
    hint: /higher/,
  });
  t.strictSame(released.sort(), ['cpu', 'engine']);
});

t.test('where the CPU finds nothing either, it says that only raw outputs were compared', async (t) => {
  const { prove } = await rig(t, { score: 0.1 }, { score: 0.1 });
  t.match(await prove(), {
    notes: ['The CPU finds nothing in the 4 drawn scenes: only raw outputs were compared.'],
  });
});

t.test('it stops when it is told to, and gives both back', async (t) => {
  const { prove, ending, released } = await rig(t);
  ending.abort(new Error('enough'));
  await t.rejects(prove(), { message: 'enough' });
  t.equal(released.length, 2);
});
