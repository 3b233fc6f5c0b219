import t from 'tap';
import { TrtexecOutput } from '../../dist/engines/trtexec-output.js';

const AT = '[11/22/2026-20:08:06]';
const BANNER = '&&&& RUNNING TensorRT.trtexec [TensorRT v101303] [b9] # trtexec --onnx=m.onnx';

function heard(stdout: string[], stderr: string[] = []): TrtexecOutput {
  const output = new TrtexecOutput();
  for (const line of stdout) output.stdout(line);
  for (const line of stderr) output.stderr(line);
  return output;
}

t.test('the phases of 8.5 and of 10 are followed', async (t) => {
  const output = heard([]);
  const phases = (lines: string[]) =>
    lines.map((line) => {
      output.stdout(line);
      return output.phase;
    });
  t.same(
    phases([
      BANNER,
      `${AT} [I] TensorRT version: 10.13.3`,
      `${AT} [I] Start parsing network model.`,
      `${AT} [I] Finished parsing network model. Parse time: 0.0123`,
      `${AT} [I] [TRT] Global timing cache in use. Profiling results in this builder pass will be stored.`,
      `${AT} [I] Created engine with size: 12.5 MiB`,
      `${AT} [I] Engine built in 24.5 sec.`,
      `${AT} [I] Start parsing network model.`,
      `${AT} [I] Engine deserialized in 0.0079 sec.`,
      BANNER.replace('RUNNING', 'PASSED'),
    ]),
    [
      'starting',
      'starting',
      'parsing',
      'building',
      'building',
      'saving',
      'testing',
      'testing',
      'testing',
      'done',
    ],
  );
  t.match(output, { verdict: 'passed', version: [10, 13, 3], engineMiB: 12.5, loadedOnce: true, errors: [] });
  const old = heard([`${AT} [I] Start parsing network model`, `${AT} [I] Finish parsing network model`]);
  t.equal(old.phase, 'building');
});

t.test('what does not stand where trtexec says it counts for nothing', async (t) => {
  const passed = BANNER.replace('RUNNING', 'PASSED');
  t.equal(heard([` ${passed}`, `${AT} [I] ${passed}`]).verdict, undefined, 'within a line');
  t.equal(heard([], [passed]).verdict, undefined, 'on the wrong stream');
  t.equal(heard(['Engine built in 3 sec.', `${AT} [I] Output: Engine built in`]).phase, 'starting');
  t.same(heard([`${AT} [E] no error`]).errors, [], 'errors are on standard error');
});

t.test('errors are kept without their marks, warnings only counted', async (t) => {
  const output = heard(
    [],
    [
      `${AT} [W] [TRT] Skipping tactic 1002 due to insufficient memory on requested size of 845152256 detected`,
      `${AT} [W] [TRT] Skipping tactic 2004 due to insufficient memory on requested size of 845152256 detected`,
      `${AT} [W] something else`,
      `${AT} [E] [TRT] 1: Error Code 1: Cuda Runtime (out of memory)`,
      `${AT} [F] [TRT] fatal`,
      'trtexec: error while loading shared libraries: libnvinfer.so.10: cannot open shared object file',
      '',
      `${AT} [E] \u001b[31mred`,
    ],
  );
  t.equal(output.skippedTactics, 2);
  t.same(output.errors, [
    '1: Error Code 1: Cuda Runtime (out of memory)',
    'fatal',
    'trtexec: error while loading shared libraries: libnvinfer.so.10: cannot open shared object file',
    '\\x1b[31mred',
  ]);
});

t.test('however much is said, little is kept', async (t) => {
  const output = heard([BANNER]);
  for (let line = 0; line < 5000; line += 1) {
    output.stdout(`line ${line}`);
    output.stderr(`${AT} [E] error ${line}`);
  }
  t.equal(output.log.length, 200);
  t.equal(output.log.at(-1), `${AT} [E] error 4999`, 'the end of the log');
  t.equal(output.errors.length, 40);
  t.equal(output.errors[0], 'error 0', 'the beginning of the errors');
});
