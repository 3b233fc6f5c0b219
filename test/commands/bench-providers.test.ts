/** Which providers can be measured. */
import t from 'tap';
import { type ProviderTrialOptions, triedProviders } from '../../dist/commands/bench-providers.js';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import type { ProviderVerdict } from '../../dist/core/provider-verdict.js';
import type { ProviderName } from '../../dist/core/worker-plan.js';
import { VerdictMemory } from '../../dist/inference/verdict-memory.js';
import { FakeClock } from '../helpers/fake-clock.js';

const device = { ...UNKNOWN_DEVICE, onnxruntimeProviders: 'tensorrt, cuda, cpu' };
const VERDICTS: Partial<Record<ProviderName, ProviderVerdict>> = {
  tensorrt: { good: true, ms: 5 },
  cuda: { good: false, reason: 'It crashed with SIGSEGV.', passing: false },
};

function rig(folder: string) {
  const asked: ProviderName[] = [];
  const options: ProviderTrialOptions = {
    device,
    memory: new VerdictMemory(folder, new FakeClock()),
    tryOut: async (provider) => {
      asked.push(provider);
      return VERDICTS[provider] ?? { good: true, ms: 1 };
    },
  };
  return { asked, options };
}

t.test('all that is brought is tried, but for the CPU', async (t) => {
  const { asked, options } = rig(t.testdir({}));
  t.match(await triedProviders(undefined, options), [
    ['tensorrt', undefined],
    ['cuda', { code: 'PROVIDER_UNAVAILABLE', message: /does not work here: It crashed with SIGSEGV\.$/ }],
    ['cpu', undefined],
  ]);
  t.strictSame(asked, ['tensorrt', 'cuda']);
});

t.test('the daemon after it finds what came of the trials, and so does the next one', async (t) => {
  const folder = t.testdir({});
  const first = rig(folder);
  await triedProviders(undefined, first.options);
  const { asked, options } = rig(folder);
  t.match(await triedProviders(['cuda', 'tensorrt'], options), [
    ['cuda', { message: /SIGSEGV/ }],
    ['tensorrt', undefined],
  ]);
  t.strictSame(asked, []);
});

t.test('what was wanted and is not there says what is', async (t) => {
  const { asked, options } = rig(t.testdir({}));
  const poor = { ...options, device: { ...device, onnxruntimeProviders: 'cpu' } };
  t.match(await triedProviders(['cpu', 'cuda'], poor), [
    ['cpu', undefined],
    ['cuda', { code: 'PROVIDER_UNAVAILABLE', message: /no provider cuda; it has cpu\.$/ }],
  ]);
  t.strictSame(await triedProviders(undefined, poor), [['cpu', undefined]]);
  t.strictSame(asked, []);
});

t.test('a cache that cannot be written keeps nobody from measuring', async (t) => {
  const { options } = rig(t.testdir({ file: '' }));
  const memory = new VerdictMemory(`${t.testdirName}/file`, new FakeClock());
  t.match(await triedProviders(['tensorrt'], { ...options, memory }), [['tensorrt', undefined]]);
});
