/** What a verdict on a provider depends on. */
import t from 'tap';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import { providerFingerprint } from '../../dist/engines/provider-fingerprint.js';

const BOARD = { ...UNKNOWN_DEVICE, driver: '540.4.0', powerMode: '25W', onnxruntimeProviders: 'cuda, cpu' };

t.test('it changes with what matters to the provider, and with nothing else', (t) => {
  const before = providerFingerprint('cuda', BOARD);
  t.match(before, /^[0-9a-f]{64}$/);
  t.not(providerFingerprint('tensorrt', BOARD), before);
  t.not(providerFingerprint('cuda', { ...BOARD, driver: '541' }), before);
  t.not(providerFingerprint('cuda', { ...BOARD, onnxruntimeProviders: 'tensorrt, cuda, cpu' }), before);
  t.equal(providerFingerprint('cuda', { ...BOARD, os: 'Ubuntu 24.04', powerMode: '15W' }), before);
  t.not(
    providerFingerprint('tensorrt', { ...BOARD, powerMode: '15W' }),
    providerFingerprint('tensorrt', BOARD),
  );
  t.end();
});
