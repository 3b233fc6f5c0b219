/** Trials of providers in the background: what is known, what is tried, when again. */
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { type DeviceInfo, UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import type { ProviderVerdict } from '../../dist/core/provider-verdict.js';
import { ProviderTrust } from '../../dist/inference/provider-trust.js';
import { VerdictMemory } from '../../dist/inference/verdict-memory.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { until } from '../helpers/until.js';

const BOARD: DeviceInfo = { ...UNKNOWN_DEVICE, onnxruntimeProviders: 'tensorrt, cuda, cpu', driver: '1' };
const good: ProviderVerdict = { good: true, ms: 5 };
const crashed: ProviderVerdict = { good: false, reason: 'It crashed with SIGSEGV.', passing: false };
const killed: ProviderVerdict = { good: false, reason: 'Memory ran out.', passing: true };

class Rig {
  readonly clock = new FakeClock();
  readonly tried: string[] = [];
  readonly lines: string[] = [];
  verdicts = 0;
  answers: Record<string, ProviderVerdict | Promise<ProviderVerdict>> = { tensorrt: good, cuda: good };
  readonly trust: ProviderTrust;

  constructor(folder: string) {
    this.trust = new ProviderTrust({
      memory: new VerdictMemory(folder, this.clock),
      fingerprint: (provider, device) => `${provider} ${device.driver}`,
      tryOut: async (provider, signal) => {
        this.tried.push(provider);
        const aborted = new Promise<never>((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        );
        return await Promise.race([this.answers[provider] as ProviderVerdict, aborted]);
      },
      clock: this.clock,
      log: pino({ level: 'info' }, { write: (line: string) => void this.lines.push(JSON.parse(line).msg) }),
      onVerdict: () => {
        this.verdicts += 1;
      },
    });
  }
}

async function rig(t: Test, device = BOARD, folder = t.testdir()): Promise<Rig & { folder: string }> {
  const made = new Rig(folder);
  await made.trust.identified(device);
  return Object.assign(made, { folder });
}

t.test('what was never tried is tried once, best first, and then trusted', async (t) => {
  const { trust, tried, lines } = await rig(t);
  t.strictSame(trust.choose('auto').providers, ['cpu']);
  trust.tryFor(['auto', 'cuda', 'cpu']);
  trust.tryFor(['auto']);
  await trust.settled();
  t.strictSame(tried, ['tensorrt', 'cuda']);
  t.strictSame(trust.choose('auto').providers, ['tensorrt', 'cuda', 'cpu']);
  t.strictSame(lines, ['tensorrt works here', 'cuda works here']);
  trust.tryFor(['auto']);
  await trust.settled();
  t.equal(tried.length, 2);
});

t.test('a verdict holds for the next start, and not for another fingerprint', async (t) => {
  const first = await rig(t);
  first.answers['tensorrt'] = crashed;
  first.trust.tryFor(['auto']);
  await first.trust.settled();
  t.match(first.lines[0], /^tensorrt is not used: It crashed/);

  const second = await rig(t, BOARD, first.folder);
  t.match(second.lines, [/^tensorrt is not used: It crashed/], 'each log says why');
  t.strictSame(second.trust.choose('auto'), {
    providers: ['cuda', 'cpu'],
    stepsDown: [{ provider: 'tensorrt', reason: 'It crashed with SIGSEGV.' }],
    untried: [],
  });
  second.trust.tryFor(['auto']);
  await second.trust.settled();
  t.strictSame(second.tried, []);

  const updated = await rig(t, { ...BOARD, driver: '2' }, first.folder);
  t.strictSame(updated.trust.choose('auto').untried, ['tensorrt', 'cuda']);
});

t.test('what failed in passing is tried again, three times in all', async (t) => {
  const first = await rig(t);
  first.answers['cuda'] = killed;
  first.trust.tryFor(['cuda']);
  await first.trust.settled();
  t.strictSame(first.trust.choose('cuda').stepsDown, [{ provider: 'cuda', reason: 'Memory ran out.' }]);
  t.strictSame(first.trust.choose('cuda').untried, [], 'it is not said to be tried until it is');
  first.clock.advance(59_999);
  t.equal(first.tried.length, 1);
  first.clock.advance(1);
  await first.trust.settled();
  t.equal(first.tried.length, 2);
  await first.trust.close();
  t.equal(first.clock.pending, 0);

  const second = await rig(t, BOARD, first.folder);
  second.answers['cuda'] = killed;
  t.strictSame(second.trust.choose('cuda').untried, ['cuda']);
  second.trust.tryFor(['cuda']);
  await second.trust.settled();
  t.equal(second.clock.pending, 0, 'the third was the last');
  const third = await rig(t, BOARD, first.folder);
  t.strictSame(third.trust.choose('cuda').stepsDown, [{ provider: 'cuda', reason: 'Memory ran out.' }]);
});

t.test('the second try may find it good', async (t) => {
  const { trust, answers, clock, tried } = await rig(t);
  answers['cuda'] = killed;
  trust.tryFor(['cuda']);
  await trust.settled();
  answers['cuda'] = good;
  clock.advance(60_000);
  await trust.settled();
  t.equal(tried.length, 2);
  t.strictSame(trust.choose('cuda').providers, ['cuda', 'cpu']);
});

t.test('forgotten, it is tried anew', async (t) => {
  const { trust, answers, tried } = await rig(t);
  answers['cuda'] = crashed;
  trust.tryFor(['cuda']);
  await trust.settled();
  await trust.forget(['cuda']);
  trust.tryFor(['cuda']);
  await trust.settled();
  t.equal(tried.length, 2);
});

t.test('before the machine is known, and on one without a GPU, nothing is tried', async (t) => {
  const unknown = new Rig(t.testdir());
  await unknown.trust.forget(['auto']);
  unknown.trust.tryFor(['auto']);
  await unknown.trust.settled();
  t.strictSame(unknown.trust.choose('auto').providers, ['cpu']);
  const plain = await rig(t, { ...UNKNOWN_DEVICE, onnxruntimeProviders: 'cpu' });
  plain.trust.tryFor(['auto']);
  await plain.trust.settled();
  t.strictSame([...unknown.tried, ...plain.tried], []);
});

t.test('closed in the middle of a trial, it ends without a verdict and tries no other', async (t) => {
  const made = await rig(t);
  made.answers['tensorrt'] = new Promise(() => {});
  made.trust.tryFor(['auto']);
  await until(() => made.tried.length === 1);
  await made.trust.close();
  t.strictSame(made.tried, ['tensorrt']);
  t.equal(made.verdicts, 0);
});

t.test('where nothing can be written, what was found out holds until the end', async (t) => {
  const folder = `${t.testdir({ file: '' })}/file`;
  const { trust, lines } = await rig(t, BOARD, folder);
  trust.tryFor(['cuda']);
  await trust.settled();
  t.strictSame(trust.choose('cuda').providers, ['cuda', 'cpu']);
  t.match(lines[0], /cannot be kept/);
});
