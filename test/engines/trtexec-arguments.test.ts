import t from 'tap';
import { type TrtexecRequest, trtexecArguments } from '../../dist/engines/trtexec-arguments.js';

const REQUEST: TrtexecRequest = {
  model: '/m/model.onnx',
  inputs: [{ name: 'picture', type: 'uint8', dims: [1, 320, 320, 3] }],
  shapes: {},
  precision: 'fp32',
  modelTypes: { float16: false, quantized: false },
};
const QUANTIZED = { float16: false, quantized: true };

function flags(
  version: number[],
  change: Partial<TrtexecRequest> = {},
  optimizationLevel?: number,
): string[] {
  const effort = { workspaceMiB: 512, optimizationLevel };
  return trtexecArguments({ ...REQUEST, ...change }, effort, '/c/plan', version);
}

t.test('the least is the same for all, each in its words', async (t) => {
  const files = ['--onnx=/m/model.onnx', '--saveEngine=/c/plan'];
  const floats = {
    inputs: [{ name: 'x', type: 'float32', dims: [1, 3, 8, 8] }],
  } satisfies Partial<TrtexecRequest>;
  t.same(flags([8, 2, 1], floats), [...files, '--buildOnly', '--workspace=512']);
  t.same(flags([8, 5, 2]), [...files, '--buildOnly', '--memPoolSize=workspace:512']);
  for (const version of [
    [8, 6, 2],
    [10, 3, 0, 30],
    [10, 13, 3],
    [11, 1],
  ])
    t.same(flags(version), [...files, '--skipInference', '--memPoolSize=workspace:512'], `${version}`);
});

t.test('all options of a version that has them', async (t) => {
  const change = { precision: 'fp16', dlaCore: 1, timingCache: '/t/cache', verbose: true } as const;
  t.same(flags([10, 3], change, 2).slice(4), [
    '--fp16',
    '--useDLACore=1',
    '--allowGPUFallback',
    '--timingCacheFile=/t/cache',
    '--builderOptimizationLevel=2',
    '--verbose',
  ]);
  t.notMatch(flags([8, 5, 2], change, 2).join(' '), /OptimizationLevel/, 'which 8.5 does not know');
});

t.test('INT8 takes its ranges from a calibration or from the model', async (t) => {
  const int8 = { precision: 'int8' } as const;
  t.same(flags([8, 5, 2], { ...int8, calibration: '/b/calib' }).slice(4), [
    '--int8',
    '--fp16',
    '--calib=/b/calib',
  ]);
  t.same(flags([10, 3], { ...int8, modelTypes: QUANTIZED, calibration: '/b/calib' }).slice(4), [
    '--int8',
    '--fp16',
  ]);
  t.throws(() => flags([10, 3], int8), { code: 'ENGINE_UNSUPPORTED', message: /neither a calibration nor/ });
});

t.test('from 11 on the model alone says the precision', async (t) => {
  const version = [11, 1];
  t.same(flags(version, { precision: 'fp16', modelTypes: { float16: true, quantized: false } }).slice(4), []);
  t.same(flags(version, { precision: 'int8', modelTypes: QUANTIZED }).slice(4), []);
  t.throws(() => flags(version, { precision: 'fp16' }), {
    code: 'ENGINE_UNSUPPORTED',
    message: /this model is all FP32/,
    hint: /Set precision: fp32\. detectd converts models itself/,
  });
  t.throws(() => flags(version, { precision: 'int8', calibration: '/b/calib' }), {
    message: /INT8 only from/,
  });
});

t.test('a DLA is for versions that have it, and not for FP32', async (t) => {
  for (const version of [
    [10, 13],
    [11, 1],
  ])
    t.throws(
      () =>
        flags(version, { dlaCore: 0, precision: 'fp16', modelTypes: { float16: true, quantized: false } }),
      {
        message: /no engines for a DLA/,
      },
    );
  t.throws(() => flags([10, 3], { dlaCore: 0 }), { message: /FP16 and INT8 only/ });
});

t.test('versions that cannot take the prepared graph are named', async (t) => {
  t.throws(() => flags([8, 4, 1]), {
    code: 'ENGINE_UNSUPPORTED',
    message: /no uint8 pictures, as the input "picture"/,
  });
  t.throws(() => flags([8, 0, 1]), { code: 'ENGINE_UNSUPPORTED', message: /8\.0\.1 is older than 8\.2/ });
});

t.test('open dimensions range over a profile; fixed ones are never told', async (t) => {
  const inputs: TrtexecRequest['inputs'] = [
    { name: 'picture', type: 'uint8', dims: [null, 320, 320, 3] },
    { name: 'scale_factor', type: 'float32', dims: [null, 2] },
    { name: 'fixed', type: 'float32', dims: [2] },
  ];
  const picture = { min: [1, 320, 320, 3], opt: [4, 320, 320, 3], max: [8, 320, 320, 3] };
  const change = { inputs, shapes: { picture, scale_factor: [4, 2], fixed: [2] } };
  t.same(flags([10, 3], change).slice(4), [
    '--minShapes=picture:1x320x320x3,scale_factor:4x2',
    '--optShapes=picture:4x320x320x3,scale_factor:4x2',
    '--maxShapes=picture:8x320x320x3,scale_factor:4x2',
  ]);
  t.same(flags([10, 3], { shapes: { picture: [1, 320, 320, 3] } }).slice(4), [], 'which trtexec refuses');
});

t.test('shapes that make no sense are refused before trtexec is asked', async (t) => {
  const open = (dims: (number | null)[], shape: TrtexecRequest['shapes'][string] | undefined, name = 'x') => {
    const shapes: TrtexecRequest['shapes'] = shape === undefined ? {} : { [name]: shape };
    return () => flags([10, 3], { inputs: [{ name, type: 'float32', dims }], shapes });
  };
  t.throws(open([null, 3], undefined), {
    code: 'ENGINE_UNSUPPORTED',
    message: /"x" is open, and nothing says/,
  });
  t.throws(open([null, 3], [1]), { message: /should have 2 sizes above 0, not 1/ });
  t.throws(open([null, 3], [0, 3]), { message: /not 0x3/ });
  t.throws(open([null, 3], [1.5, 3]), { message: /not 1\.5x3/ });
  t.throws(open([null, 3], [1, 4]), { message: /differs from the model's in dimension 1, which is 3/ });
  t.throws(open([null], { min: [2], opt: [1], max: [3] }), { message: /goes down from 2 over 1 to 3/ });
  t.throws(open([null], [1], "a'b"), { message: /because of its name/ });
});
