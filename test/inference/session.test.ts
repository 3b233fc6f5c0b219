/** The one file that knows ONNX Runtime, on models of a few nodes. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readOnnx } from '../../dist/graph/onnx-file.js';
import { FLOAT, floatTensor, INT64, UINT8, valueInfo } from '../../dist/graph/tensors.js';
import { runtimeInfo, Session, writeOptimised } from '../../dist/inference/session.js';
import { bytesOf, node, tinyModel } from '../fixtures/models/tiny-model.js';

const options = { provider: 'cpu', threads: 1, where: 'bundle/model.onnx' } as const;

/** Doubles what it is fed; a text is an open dimension. */
function doubling(dim: number | string): Uint8Array {
  return bytesOf(
    tinyModel({
      nodes: [node('Add', ['in', 'in'], ['out'])],
      inputs: [valueInfo('in', FLOAT, [1, dim])],
      outputs: [valueInfo('out', FLOAT, [1, dim])],
    }),
  );
}

function feed(...values: number[]) {
  return { in: { type: 'float32', data: new Float32Array(values), dims: [1, values.length] } } as const;
}

t.test('inputs and outputs are told with their types and shapes', async (t) => {
  const model = tinyModel({
    nodes: [
      node('Cast', ['picture'], ['numbers'], { to: { int: FLOAT } }),
      node('Shape', ['picture'], ['shape']),
    ],
    inputs: [valueInfo('picture', UINT8, [1, 'height', 2, 3])],
    outputs: [valueInfo('numbers', FLOAT, [1, 'height', 2, 3]), valueInfo('shape', INT64, [4])],
  });
  const session = await Session.load(bytesOf(model), options);
  t.strictSame(session.inputs, [{ name: 'picture', type: 'uint8', dims: [1, null, 2, 3] }]);
  t.strictSame(session.outputs, [
    { name: 'numbers', type: 'float32', dims: [1, null, 2, 3] },
    { name: 'shape', type: 'int64', dims: [4] },
  ]);
  const picture = { type: 'uint8', data: new Uint8Array([1, 2, 3, 4, 5, 255]), dims: [1, 1, 2, 3] } as const;
  const [numbers, shape] = await session.run({ picture });
  t.strictSame(numbers, {
    type: 'float32',
    data: new Float32Array([1, 2, 3, 4, 5, 255]),
    dims: [1, 1, 2, 3],
  });
  t.strictSame(shape?.data, new BigInt64Array([1n, 1n, 2n, 3n]));
  await session.release();
});

t.test('outputs of fixed shape are written into the same memory by every run', async (t) => {
  const session = await Session.load(doubling(3), options);
  const [first] = await session.run(feed(1, 2, 3));
  t.strictSame(first?.data, new Float32Array([2, 4, 6]));
  const [second] = await session.run(feed(10, 20, 30));
  t.equal(second?.data, first?.data, 'nothing was allocated');
  t.strictSame(second?.data, new Float32Array([20, 40, 60]));
  await session.release();
});

t.test('many runs leave no memory behind for the garbage collector', async (t) => {
  const large = 250_000;
  const session = await Session.load(doubling(large), options);
  const feeds = { in: { type: 'float32', data: new Float32Array(large), dims: [1, large] } } as const;
  await session.run(feeds);
  const before = process.memoryUsage().arrayBuffers;
  for (let run = 0; run < 50; run += 1) await session.run(feeds);
  t.ok(process.memoryUsage().arrayBuffers - before < 5_000_000, 'of the 50 MB that went through');
  await session.release();
});

t.test('outputs of open shape come as large as they are', async (t) => {
  const session = await Session.load(doubling('n'), options);
  t.strictSame((await session.run(feed(1)))[0]?.dims, [1, 1]);
  const [two, again] = [await session.run(feed(1, 2)), await session.run(feed(3, 4))];
  t.strictSame(two[0]?.data, new Float32Array([2, 4]), 'and outlive the next run');
  t.strictSame(again[0]?.data, new Float32Array([6, 8]));
  await session.release();
});

t.test('a picture of the wrong size fails by itself', async (t) => {
  const session = await Session.load(doubling(3), options);
  await t.rejects(session.run(feed(1, 2)), {
    code: 'MODEL_RUN',
    message: /^Inference with bundle\/model\.onnx failed: .*\binvalid dimensions\b/i,
    hint: /NMS/,
  });
  await t.rejects(session.run({}), { code: 'MODEL_RUN', message: /in/ });
  t.strictSame(
    (await session.run(feed(1, 2, 3)))[0]?.data,
    new Float32Array([2, 4, 6]),
    'the next one works',
  );
  await session.release();
});

t.test('what ONNX Runtime refuses is refused with its reason on one line', async (t) => {
  const unknown = tinyModel({
    nodes: [node('NoSuchOperator', ['in'], ['out'])],
    inputs: [valueInfo('in', FLOAT, [1])],
    outputs: [valueInfo('out', FLOAT, [1])],
  });
  for (const model of [bytesOf(unknown), new Uint8Array([1, 2, 3]), new Uint8Array(0)])
    await t.rejects(Session.load(model, options), {
      code: 'MODEL_LOAD',
      message: /^ONNX Runtime refuses bundle\/model\.onnx: [^\n]+\.$/,
    });
});

t.test('weights of the model are used', async (t) => {
  const model = tinyModel({
    nodes: [node('Mul', ['in', 'factor'], ['out'])],
    inputs: [valueInfo('in', FLOAT, [1, 2])],
    outputs: [valueInfo('out', FLOAT, [1, 2])],
    weights: [floatTensor('factor', [1, 2], [3, 5])],
  });
  const session = await Session.load(bytesOf(model), options);
  t.strictSame((await session.run(feed(1, 1)))[0]?.data, new Float32Array([3, 5]));
  await session.release();
});

t.test('a provider that is not there says which are', async (t) => {
  await t.rejects(Session.load(doubling(1), { ...options, provider: 'tpu' as 'cpu' }), {
    code: 'PROVIDER_UNAVAILABLE',
    message: /has no "tpu" provider; it has .*cpu/,
    hint: /provider: cpu/,
  });
});

t.test('the runtime tells its version and providers', async (t) => {
  const { version, providers } = runtimeInfo();
  t.match(version, /^\d+\.\d+/);
  t.ok(providers.includes('cpu'));
});

t.test('an optimised model is kept, and loaded as it is', async (t) => {
  const model = tinyModel({
    nodes: [
      node('Add', ['a', 'a'], ['b']),
      node('Mul', ['in', 'b'], ['scaled']),
      node('Identity', ['scaled'], ['out']),
    ],
    inputs: [valueInfo('in', FLOAT, [1, 2])],
    outputs: [valueInfo('out', FLOAT, [1, 2])],
    weights: [floatTensor('a', [1, 2], [3, 5])],
  });
  const path = join(t.testdir(), 'optimised.onnx');
  await writeOptimised(bytesOf(model), path, options);
  t.same(
    readOnnx(readFileSync(path), path).graph.node.map(({ opType }) => opType),
    ['Mul'],
    'what can be computed beforehand was',
  );
  for (const source of [path, readFileSync(path)]) {
    const session = await Session.load(source, { ...options, built: true });
    t.strictSame((await session.run(feed(1, 1)))[0]?.data, new Float32Array([6, 10]));
    await session.release();
  }
});

const noFull = existsSync('/dev/full') ? false : 'needs /dev/full';
t.test('what does not go onto the disk is no fault of the model', { skip: noFull }, async (t) => {
  const full = { code: 'ENGINE_DISK', message: /bundle\/model\.onnx cannot be written/, hint: /Free space/ };
  await t.rejects(writeOptimised(doubling(2), '/dev/full', options), full);
});

t.test('nor is memory that ran out', async (t) => {
  const model = tinyModel({
    nodes: [node('ConstantOfShape', ['shape'], ['out'])],
    inputs: [valueInfo('shape', INT64, [4])],
    outputs: [valueInfo('out', FLOAT, ['a', 'b', 'c', 'd'])],
  });
  const session = await Session.load(bytesOf(model), options);
  const shape = {
    type: 'int64',
    data: new BigInt64Array([1n, 1024n, 1n << 20n, 1n << 20n]),
    dims: [4],
  } as const;
  await t.rejects(session.run({ shape }), { code: 'ENGINE_MEMORY', message: /Memory ran out for bundle/ });
  await session.release();
});

t.test('a model that cannot be written, is missing or is cut off is refused', async (t) => {
  const folder = t.testdir();
  const refused = { code: 'MODEL_LOAD', message: /refuses bundle\/model\.onnx/ };
  await t.rejects(writeOptimised(doubling(2), join(folder, 'gone', 'x.onnx'), options), refused);
  await t.rejects(Session.load(join(folder, 'gone.onnx'), { ...options, built: true }), refused);
  const path = join(folder, 'cut.onnx');
  writeFileSync(path, doubling(2).subarray(0, 20));
  await t.rejects(Session.load(path, { ...options, built: true }), refused);
});
