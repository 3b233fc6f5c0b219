/**
 * Makes the worker process of a daemon lose memory of the GPU, as ONNX Runtime does when sessions are not released: loaded
 * into all processes by NODE_OPTIONS=--import, it acts in the worker alone. `LEAK_MB_PER_S` says how fast; `LEAK_PROVIDER`,
 * cuda by default, whose memory it is.
 */
import { sep } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const SESSION_MB = 24;
const everyMs = (SESSION_MB * 1000) / Number(process.env.LEAK_MB_PER_S);
const provider = process.env.LEAK_PROVIDER ?? 'cuda';

/** Adds its input to weights of that size: a session on it holds them. */
async function weights() {
  const { create, toBinary } = await import('@bufbuild/protobuf');
  const onnx = await import('onnx-buf');
  const { FLOAT, valueInfo } = await import('../../dist/graph/tensors.js');
  const length = (SESSION_MB * 1e6) / 4;
  const rawData = new Uint8Array(new Float32Array(length).fill(1).buffer);
  const graph = create(onnx.GraphProtoSchema, {
    name: 'lost',
    node: [create(onnx.NodeProtoSchema, { opType: 'Add', input: ['x', 'w'], output: ['y'] })],
    initializer: [
      create(onnx.TensorProtoSchema, { name: 'w', dims: [BigInt(length)], dataType: FLOAT, rawData }),
    ],
    input: [valueInfo('x', FLOAT, [length])],
    output: [valueInfo('y', FLOAT, [length])],
  });
  const opsetImport = [create(onnx.OperatorSetIdProtoSchema, { domain: '', version: 13n })];
  return toBinary(
    onnx.ModelProtoSchema,
    create(onnx.ModelProtoSchema, { irVersion: 8n, opsetImport, graph }),
  );
}

if (isMainThread && everyMs > 0 && process.argv[1]?.endsWith(['', 'worker', 'main.js'].join(sep))) {
  const lost = [];
  const model = await weights();
  const { default: onnxruntime } = await import('onnxruntime-node');
  setInterval(async () => {
    lost.push(await onnxruntime.InferenceSession.create(model, { executionProviders: [provider] }));
  }, everyMs).unref();
}
