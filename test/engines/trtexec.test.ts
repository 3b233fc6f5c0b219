/** One release here; what differs between releases is tried in e2e/trtexec.test.ts. */
import t from 'tap';
import { engineBuild, everyBuild } from '../helpers/engine-build.js';

t.test('TensorRT 10.3', async (t) => everyBuild(t, '10.3.0.30'));

t.test('kernels that were left out are noted', async (t) => {
  const { notes } = await engineBuild(t, '10.3.0.30', { act: 'skip-tactics' }).run();
  t.match(notes, [/^2 kernels were left out for want of memory/]);
});

t.test('a trtexec of another version than the library is not used', async (t) => {
  const { run, left } = engineBuild(t, '10.3.0.30', { trtexec: '10.13.3.9' });
  await t.rejects(run(), {
    code: 'PROVIDER_UNAVAILABLE',
    message: /is of TensorRT 10\.13\.3, and the library/,
  });
  t.same(left(), []);
});

t.test('what is missing is said before anything is started', async (t) => {
  const { run, build, starts } = engineBuild(t, '10.3.0.30', { request: { model: '/nowhere/model.onnx' } });
  await t.rejects(run(), { code: 'ENGINE_CANCELLED', message: /The prepared model .* cannot be read/ });
  build.tensorrt = 'newest';
  await t.rejects(run(), { code: 'ENGINE_UNSUPPORTED', message: /"newest" is no version/ });
  const calibration = '/nowhere/calibration';
  const uncalibrated = engineBuild(t, '10.3.0.30', { request: { precision: 'int8', calibration } });
  await t.rejects(uncalibrated.run(), { message: /The calibration .* cannot be read/ });
  t.same([...starts(), ...uncalibrated.starts()], []);
});

t.test('trtexec refuses what the stand-in should refuse', async (t) => {
  const wrong = engineBuild(t, '10.3.0.30', { trtexec: '10.3.0.30', request: { shapes: {} }, batch: true });
  await t.rejects(wrong.run(), { code: 'ENGINE_UNSUPPORTED', message: /is open/ });
  // A model that the request describes wrongly.
  const open = engineBuild(t, '10.3.0.30', { reads: true });
  open.build.request.inputs = [{ name: 'other', type: 'uint8', dims: [null, 4] }];
  open.build.request.shapes = { other: [1, 4] };
  await t.rejects(open.run(), { code: 'ENGINE_BUILD' });
});
