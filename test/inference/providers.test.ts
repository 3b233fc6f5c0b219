/** Which providers are used, for every setting and what is known of each. */
import t from 'tap';
import type { ProviderVerdict } from '../../dist/core/provider-verdict.js';
import { chooseProviders, PROVIDERS, usableProviders } from '../../dist/inference/providers.js';

const ALL = 'tensorrt, cuda, cpu';
const good: ProviderVerdict = { good: true, ms: 5 };
const bad: ProviderVerdict = { good: false, reason: 'It crashed with SIGSEGV.', passing: false };

function verdicts(known: Partial<Record<string, ProviderVerdict>>) {
  return (provider: string) => known[provider];
}

t.test('the best that works comes first, the CPU last', (t) => {
  t.strictSame(chooseProviders('auto', ALL, verdicts({ tensorrt: good, cuda: good })), {
    providers: ['tensorrt', 'cuda', 'cpu'],
    stepsDown: [],
    untried: [],
  });
  t.strictSame(PROVIDERS, ['tensorrt', 'cuda', 'cpu']);
  t.end();
});

t.test('what failed is left out with its reason', (t) => {
  t.strictSame(chooseProviders('auto', ALL, verdicts({ tensorrt: bad, cuda: good })), {
    providers: ['cuda', 'cpu'],
    stepsDown: [{ provider: 'tensorrt', reason: 'It crashed with SIGSEGV.' }],
    untried: [],
  });
  t.end();
});

t.test('what was not tried yet is not used and no step down', (t) => {
  t.strictSame(chooseProviders('auto', ALL, verdicts({ cuda: good })), {
    providers: ['cuda', 'cpu'],
    stepsDown: [],
    untried: ['tensorrt'],
  });
  t.end();
});

t.test('a configured provider steps down when it fails', (t) => {
  t.strictSame(chooseProviders('tensorrt', ALL, verdicts({ tensorrt: bad, cuda: good })).providers, [
    'cuda',
    'cpu',
  ]);
  t.strictSame(chooseProviders('cuda', ALL, verdicts({ tensorrt: good, cuda: bad })), {
    providers: ['cpu'],
    stepsDown: [{ provider: 'cuda', reason: 'It crashed with SIGSEGV.' }],
    untried: [],
  });
  t.end();
});

t.test(
  'a configured provider that is not installed is a step down, one that nobody asked for is none',
  (t) => {
    t.strictSame(chooseProviders('cuda', 'cpu', verdicts({})), {
      providers: ['cpu'],
      stepsDown: [
        { provider: 'cuda', reason: 'The onnxruntime-node that is installed brings cpu and not cuda.' },
      ],
      untried: [],
    });
    t.strictSame(chooseProviders('auto', 'cpu', verdicts({})), {
      providers: ['cpu'],
      stepsDown: [],
      untried: [],
    });
    t.end();
  },
);

t.test('before it is known what is installed there is only the CPU, and nothing to complain of', (t) => {
  for (const setting of ['auto', 'tensorrt', 'cpu'] as const)
    t.strictSame(chooseProviders(setting, undefined, verdicts({ cuda: good })), {
      providers: ['cpu'],
      stepsDown: [],
      untried: [],
    });
  t.end();
});

t.test('the CPU is never tried, and nothing is when it is configured', (t) => {
  t.strictSame(chooseProviders('cpu', ALL, verdicts({ cpu: bad })).providers, ['cpu']);
  t.strictSame(chooseProviders('cpu', ALL, verdicts({})).untried, []);
  t.strictSame(usableProviders('cpu', ALL), ['cpu']);
  t.strictSame(usableProviders('auto', 'cuda, cpu'), ['cuda', 'cpu']);
  t.end();
});
