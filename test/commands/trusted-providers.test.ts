/** Providers that a command may use: tried while it waits. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { requireProvider, trustedProviders } from '../../dist/commands/trusted-providers.js';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import { recordedIo } from '../helpers/recorded-io.js';

function options(cacheFolder: string, onnxruntimeProviders: string) {
  const tried: string[] = [];
  return {
    tried,
    io: recordedIo({ env: process.env }),
    device: { ...UNKNOWN_DEVICE, onnxruntimeProviders },
    cacheFolder,
    settings: ['auto'] as const,
    again: false,
    signal: new AbortController().signal,
    onTrial: (provider: string) => void tried.push(provider),
  };
}

t.test('on a machine with the CPU alone nothing is tried or written', async (t) => {
  const folder = t.testdir();
  const asked = options(folder, 'cpu');
  const trust = await trustedProviders(asked);
  t.strictSame(trust.choose('auto').providers, ['cpu']);
  t.strictSame(asked.tried, []);
  t.throws(() => readFileSync(join(folder, 'providers.json')), { code: 'ENOENT' });
});

t.test('what is tried is remembered, and tried once more when that is wanted', async (t) => {
  const folder = t.testdir();
  // ONNX Runtime refuses it here, wherever here is.
  const first = options(folder, 'tensorrt, cpu');
  const trust = await trustedProviders(first);
  t.strictSame(first.tried, ['tensorrt']);
  const known = trust.choose('auto');
  t.equal(known.providers.length + known.stepsDown.length, 2, 'trusted or not, it is known');
  const second = options(folder, 'tensorrt, cpu');
  await trustedProviders(second);
  t.strictSame(second.tried, []);
  const third = options(folder, 'tensorrt, cpu');
  await trustedProviders({ ...third, again: true });
  t.strictSame(third.tried, ['tensorrt']);
});

t.test('interrupted, it ends with the reason', async (t) => {
  const abort = new AbortController();
  const asked = options(t.testdir(), 'tensorrt, cpu');
  const onTrial = () => abort.abort(new Error('enough'));
  await t.rejects(trustedProviders({ ...asked, signal: abort.signal, onTrial }), { message: 'enough' });
});

t.test('who names a provider that is not there hears of it; with auto there is always one', async (t) => {
  const asked = options(t.testdir(), 'cpu');
  await t.resolves(requireProvider('auto', asked));
  await t.rejects(requireProvider('cuda', asked), {
    code: 'PROVIDER_UNAVAILABLE',
    message: /^The provider cuda cannot be used here: .* brings cpu and not cuda\.$/,
  });
});
