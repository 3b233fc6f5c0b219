/** A provider is held against the CPU. */
import t from 'tap';
import type { TensorValue } from '../../dist/core/prepared-graph.js';
import type { ProviderName } from '../../dist/core/worker-plan.js';
import { tryProvider } from '../../dist/worker/provider-trial.js';

function double(outputs: Record<string, number[]>) {
  const released: ProviderName[] = [];
  const load = async (provider: ProviderName) => ({
    run: async (): Promise<TensorValue[]> => [
      { type: 'float32', data: Float32Array.from(outputs[provider] ?? []), dims: [2] },
    ],
    release: async () => void released.push(provider),
  });
  return { load, released };
}

t.test('the CPU agrees with itself', async (t) => {
  t.ok((await tryProvider('cpu')) >= 0);
});

t.test('equal outputs are good', async (t) => {
  const { load, released } = double({ cpu: [1, 2], cuda: [1, 2.0001] });
  t.ok((await tryProvider('cuda', load)) >= 0);
  t.strictSame(released, ['cpu', 'cuda']);
});

for (const [what, cuda] of [
  ['another number', [1, 2.5]],
  ['what is no number', [1, Number.NaN]],
  ['too little', [1]],
  ['too much', [1, 2, 3]],
] as const)
  t.test(`${what} is a fault`, async (t) => {
    const { load, released } = double({ cpu: [1, 2], cuda: [...cuda] });
    await t.rejects(tryProvider('cuda', load), { code: 'PROVIDER_UNAVAILABLE', message: /"cuda"/ });
    t.strictSame(released, ['cpu', 'cuda']);
  });

t.test('a provider that is not installed is one, too', async (t) => {
  await t.rejects(tryProvider('tensorrt'), { code: 'PROVIDER_UNAVAILABLE' });
});
