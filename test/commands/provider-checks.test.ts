/** What doctor says about providers. */
import t from 'tap';
import {
  providerChoice,
  providerFindings,
  steppedDownFindings,
} from '../../dist/commands/provider-checks.js';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import { providerFingerprint } from '../../dist/engines/provider-fingerprint.js';
import { VerdictMemory } from '../../dist/inference/verdict-memory.js';
import { FakeClock } from '../helpers/fake-clock.js';

const BOARD = { ...UNKNOWN_DEVICE, onnxruntimeProviders: 'tensorrt, cuda, cpu' };

t.test('what was found out is told with its date, what is not known is no fault', async (t) => {
  const memory = new VerdictMemory(t.testdir(), new FakeClock());
  t.match(await providerFindings(BOARD, memory), [
    { check: 'provider tensorrt', state: 'ok', detail: /not tried here yet/ },
    { check: 'provider cuda', state: 'ok' },
  ]);
  const note = (provider: 'tensorrt' | 'cuda', passing: boolean) => {
    const verdict = { good: false, reason: 'It crashed with SIGSEGV.', passing } as const;
    return memory.remember(provider, providerFingerprint(provider, BOARD), verdict);
  };
  await note('tensorrt', false);
  await note('cuda', true);
  t.match(await providerFindings(BOARD, memory), [
    {
      state: 'warning',
      detail: 'not used: It crashed with SIGSEGV. Tried 2026-01-02T03:04:05.000Z.',
      cure: /--again/,
    },
    { state: 'warning', detail: /; it is tried again\.$/ },
  ]);
  await memory.remember('cuda', providerFingerprint('cuda', BOARD), { good: true, ms: 3 });
  t.match((await providerFindings(BOARD, memory))[1], { state: 'ok', detail: /computes what the CPU does/ });
});

t.test('where ONNX Runtime brings the CPU alone there is nothing to tell', async (t) => {
  const memory = new VerdictMemory(t.testdir(), new FakeClock());
  t.strictSame(await providerFindings({ ...UNKNOWN_DEVICE, onnxruntimeProviders: 'cpu' }, memory), []);
});

t.test('a model that does not get its provider is told of; what is not known yet is no fault', async (t) => {
  const memory = new VerdictMemory(t.testdir(), new FakeClock());
  const choose = providerChoice(BOARD, memory);
  const models = (['auto', 'tensorrt', 'cuda', 'cpu'] as const).map((provider) => ({
    ...{ name: `on-${provider}`, provider },
  }));
  t.strictSame(steppedDownFindings(models, choose), []);
  t.strictSame(choose('tensorrt').providers, ['cpu'], 'until it has passed');
  const crash = { good: false, reason: 'It crashed with SIGSEGV.', passing: false } as const;
  await memory.remember('tensorrt', providerFingerprint('tensorrt', BOARD), crash);
  await memory.remember('cuda', providerFingerprint('cuda', BOARD), { good: true, ms: 3 });
  t.match(steppedDownFindings(models, choose), [
    {
      check: 'provider of on-tensorrt',
      state: 'warning',
      detail: 'tensorrt is not used: It crashed with SIGSEGV.',
    },
  ]);
  t.strictSame(choose('tensorrt').providers, ['cuda', 'cpu']);
});
