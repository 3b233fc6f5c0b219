// Runs the stand-in for trtexec as a builder does, to be killed: `trtexec-runner.mjs FOLDER`. Its record is in there.
import { join } from 'node:path';
import { systemClock } from '../../dist/base/clock.js';
import { runTrtexec, TRTEXEC_LIMITS } from '../../dist/engines/trtexec-process.js';

const [folder, program] = process.argv.slice(2);
await runTrtexec({
  program,
  args: ['--onnx=model.onnx', '--saveEngine=plan', '--skipInference'],
  folder,
  version: [10, 3, 0, 30],
  env: {
    ...process.env,
    TRTEXEC_VERSION: '10.3.0.30',
    TRTEXEC_ACT: 'hang',
    TRTEXEC_RECORD: join(folder, 'record'),
  },
  clock: systemClock,
  limits: TRTEXEC_LIMITS,
  signal: undefined,
  onOutput: ({ phase }) => phase === 'building' && process.stdout.write('building\n'),
});
