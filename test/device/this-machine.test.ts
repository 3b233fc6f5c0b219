/** The machine that the tests run on. */
import t from 'tap';
import { DEVICE_FACTS } from '../../dist/core/device-info.js';
import { identifyThisMachine, samplerOfThisMachine } from '../../dist/device/this-machine.js';

t.test('this machine has at least an architecture and an onnxruntime', async (t) => {
  const { info, sources } = await identifyThisMachine(process.env);
  t.equal(info.architecture, process.arch);
  t.match(info.onnxruntime, /^1\.\d+/);
  t.match(info.onnxruntimeProviders, /cpu$/);
  for (const fact of DEVICE_FACTS) t.type(sources[fact], 'string');
});

t.test('this machine can be sampled', async (t) => {
  const none = { soc: undefined, gpu: undefined };
  const sampler = samplerOfThisMachine(process.env, () => none);
  const sample = await sampler.sample([{ name: 'self', pid: process.pid }]);
  t.ok((sample.host?.availableBytes ?? 0) > 0);
  t.ok((sample.processes[0]?.rssBytes ?? 0) > 0);
  t.strictSame(sample.missing, {});
});
