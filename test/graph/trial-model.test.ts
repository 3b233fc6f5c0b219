/** The network that providers are tried with. */
import t from 'tap';
import type { TensorValue } from '../../dist/core/prepared-graph.js';
import { graphSignature, readOnnx } from '../../dist/graph/onnx-file.js';
import { trialModel } from '../../dist/graph/trial-model.js';

t.test('it is a whole model of three nodes that takes what is fed', (t) => {
  const { model, feeds } = trialModel();
  const read = readOnnx(model, 'the trial');
  t.strictSame(
    read.graph.node.map(({ opType }) => opType),
    ['Conv', 'Add', 'Relu'],
  );
  const { inputs, outputs } = graphSignature(read);
  t.strictSame(inputs, [{ name: 'x', type: 'float32', dims: [1, 4, 16, 16] }]);
  t.strictSame(outputs, [{ name: 'y', type: 'float32', dims: [1, 8, 16, 16] }]);
  t.strictSame(feeds['x']?.dims, [1, 4, 16, 16]);
  t.equal(feeds['x']?.data.length, 4 * 16 * 16);
  t.end();
});

t.test('its numbers are exact in half precision', (t) => {
  const data = [...((trialModel().feeds['x'] as TensorValue).data as Float32Array)];
  t.ok(data.every((value) => Number.isInteger(value * 8) && Math.abs(value) <= 1));
  t.ok(new Set(data).size > 8, 'they differ');
  t.end();
});
