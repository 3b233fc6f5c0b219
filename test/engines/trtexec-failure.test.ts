import t from 'tap';
import { type TrtexecEnd, trtexecFailure } from '../../dist/engines/trtexec-failure.js';
import { TrtexecOutput } from '../../dist/engines/trtexec-output.js';

const AT = '[11/22/2026-20:08:06]';
const FAILED: TrtexecEnd = { code: 1, signal: null, cause: 'itself' };

function failureOf(errors: string[], end: Partial<TrtexecEnd> = {}, stdout: string[] = []) {
  const output = new TrtexecOutput();
  output.stdout('&&&& RUNNING TensorRT.trtexec [TensorRT v8502] # trtexec');
  output.stdout(`${AT} [I] Finish parsing network model`);
  for (const line of stdout) output.stdout(line);
  for (const line of errors) output.stderr(`${AT} [E] ${line}`);
  const { error, remedy } = trtexecFailure({ ...FAILED, ...end }, output);
  return { code: error.code, message: error.message, hint: error.hint, remedy };
}

t.test('each sign has its code, and is named before what follows from it', async (t) => {
  const follows = [
    'Building engine failed',
    'Failed to create engine from model or file.',
    'Engine set up failed',
  ];
  const cases: [string, string, RegExp, string | undefined][] = [
    [
      '[TRT] 1: Error Code 1: Cuda Runtime (out of memory)',
      'ENGINE_MEMORY',
      /ran out of memory/,
      'less memory',
    ],
    ['[TRT] std::bad_alloc', 'ENGINE_MEMORY', /ran out of memory/, 'less memory'],
    ['Saving engine to file failed.', 'ENGINE_DISK', /could not write the engine/, undefined],
    ['Cannot write to FileStreamWriter', 'ENGINE_DISK', /could not write the engine/, undefined],
    ['Error when reading engine file', 'ENGINE_DISK', /could not write the engine/, undefined],
    ['TimingCache creation failed', 'ENGINE_BUILD', /timing cache/, 'new timing cache'],
    ['Unknown option: --fp16 ', 'ENGINE_BUILD', /refused the option --fp16\.$/, undefined],
    [
      'Cannot create DLA engine, 2 not available',
      'ENGINE_UNSUPPORTED',
      /no DLA core 2 not available/,
      undefined,
    ],
    [
      '[TRT] UNSUPPORTED_NODE: No importer registered for op: Foo',
      'ENGINE_UNSUPPORTED',
      /op: Foo\.$/,
      undefined,
    ],
    ['Parsing model failed', 'ENGINE_UNSUPPORTED', /does not understand the model/, undefined],
    [
      '[TRT] Could not find any implementation for node Conv_0.',
      'ENGINE_UNSUPPORTED',
      /no kernel/,
      undefined,
    ],
    [
      '[TRT] CUDA initialization failure with error: 35',
      'PROVIDER_UNAVAILABLE',
      /cannot use the GPU/,
      undefined,
    ],
    ['something new', 'ENGINE_BUILD', /failed|without a verdict/, undefined],
  ];
  for (const [line, code, message, remedy] of cases) {
    const found = failureOf([line, ...follows]);
    t.match(found, { code, message, remedy }, line);
    t.match(found.hint, /\w/, 'with a way out');
  }
});

t.test('a program that cannot be loaded names the library', async (t) => {
  const output = new TrtexecOutput();
  output.stderr(
    'trtexec: error while loading shared libraries: libnvinfer.so.8: cannot open shared object file',
  );
  const { error } = trtexecFailure({ ...FAILED, code: 127 }, output);
  t.equal(error.message, 'trtexec cannot be run, as libnvinfer.so.8 is missing.');
  t.equal(
    error.code,
    'PROVIDER_UNAVAILABLE',
    'which installing it cures: no reason to refuse the key for good',
  );
});

t.test('a kernel that fits nowhere for want of memory is a matter of memory', async (t) => {
  const output = new TrtexecOutput();
  output.stderr(
    `${AT} [W] [TRT] Skipping tactic 1 due to insufficient memory on requested size of 845152256`,
  );
  output.stderr(`${AT} [E] [TRT] Could not find any implementation for node Conv_0.`);
  t.match(trtexecFailure(FAILED, output), { error: { code: 'ENGINE_MEMORY' }, remedy: 'less memory' });
});

t.test('the kernel kills without a word, other signals are crashes', async (t) => {
  t.match(failureOf([], { code: null, signal: 'SIGKILL' }), {
    code: 'ENGINE_MEMORY',
    message: /was killed while building, as the kernel does/,
    remedy: 'less memory',
  });
  t.match(failureOf([], { code: null, signal: 'SIGSEGV' }), {
    code: 'ENGINE_BUILD',
    message: /was ended by SIGSEGV while building/,
    remedy: undefined,
  });
});

t.test('what was made to end says why', async (t) => {
  const killed = { code: null, signal: 'SIGKILL' } as const;
  t.match(failureOf([], { ...killed, cause: 'cancelled' }), { code: 'ENGINE_CANCELLED', remedy: undefined });
  t.match(failureOf([], { ...killed, cause: 'silent' }), {
    code: 'ENGINE_BUILD',
    message: /said nothing for too long/,
  });
  t.match(failureOf([], { ...killed, cause: 'overdue' }), { code: 'ENGINE_BUILD', message: /took too long/ });
  t.match(failureOf([], { ...killed, cause: 'other version' }), {
    code: 'PROVIDER_UNAVAILABLE',
    message: /is of TensorRT 8\.5\.2/,
    hint: /libnvinfer-bin/,
  });
});

t.test('status 0 without the verdict is a failure too', async (t) => {
  t.match(failureOf([], { code: 0 }), {
    code: 'ENGINE_BUILD',
    message: 'trtexec ended with status 0 and without a verdict while building.',
  });
});
