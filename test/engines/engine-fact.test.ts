/** Which facts engines depend on. */
import t from 'tap';
import { DEVICE_FACTS, type DeviceFact } from '../../dist/core/device-info.js';
import type { ProviderName } from '../../dist/core/worker-plan.js';
import { ENGINE_FACTS } from '../../dist/engines/engine-fact.js';

t.test('each provider depends on what its engines are made of', async (t) => {
  const facts = (provider: ProviderName): DeviceFact[] =>
    DEVICE_FACTS.filter((fact) => ENGINE_FACTS[fact].providers.includes(provider));
  t.strictSame(facts('cpu'), ['architecture', 'cpuExtensions', 'onnxruntime']);
  for (const fact of ['l4t', 'cuda', 'cudnn', 'gpu', 'computeCapability', 'driver', 'onnxruntime'] as const)
    for (const provider of ['cuda', 'tensorrt'] as const)
      t.ok(facts(provider).includes(fact), `${provider}: ${fact}`);
  for (const fact of ['tensorrt', 'module', 'board', 'powerMode'] as const) {
    t.ok(facts('tensorrt').includes(fact), fact);
    t.notOk(facts('cuda').includes(fact), fact);
  }
});

t.test('every fact has its reason, for or against', async (t) => {
  for (const fact of DEVICE_FACTS)
    t.match(ENGINE_FACTS[fact], { label: /^[A-Z]|^c/, why: /^\w.{10,}[^.]$/ }, fact);
});
