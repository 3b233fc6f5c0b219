/** On a board or a machine with a card: what a sample says of it, printed, and what it costs. */
import t from 'tap';
import { settledSample } from '../../dist/commands/probe-checks.js';
import { gpuKind } from '../../dist/device/gpu-memory.js';
import { identifyThisMachine, samplerOfThisMachine } from '../../dist/device/this-machine.js';

const { info, sources } = await identifyThisMachine(process.env);
const noGpu = gpuKind(info) === 'none' ? `no NVIDIA GPU here: ${sources.gpu}` : false;

t.test('memory, heat and load of this machine are known', { skip: noGpu }, async (t) => {
  const sampler = samplerOfThisMachine(process.env, () => info);
  const sample = await settledSample(sampler);
  t.comment(JSON.stringify(sample));
  t.strictSame(sample.missing, {});
  t.ok(sample.host?.availableBytes);
  t.ok(sample.gpuMemory.usedBytes !== undefined || sample.gpuMemory.reason !== undefined);
  t.ok(sample.temperatures.length > 0, 'temperatures');
  const before = process.cpuUsage();
  for (let round = 0; round < 20; round += 1) await sampler.sample([{ name: 'self', pid: process.pid }]);
  const { user, system } = process.cpuUsage(before);
  t.comment(`${(user + system) / 20_000} ms of CPU per sample, without what programs take`);
});
