/** How the end of a daemon is understood. Its life is tried by the benchmark itself. */
import t from 'tap';
import { endError } from '../../dist/commands/daemon-process.js';

t.test("the daemon's own error is told as if it were the benchmark's", async (t) => {
  const said = 'warning: something else\nVIDEO_UNREADABLE: The video cannot be read.\n  Copy it again.\n';
  t.match(endError(1, said), {
    code: 'VIDEO_UNREADABLE',
    message: 'The video cannot be read.',
    hint: 'Copy it again.',
  });
  t.match(endError(1, 'INTERNAL: Odd.\n'), { code: 'INTERNAL', message: 'Odd.', hint: undefined });
  t.match(endError(1, 'MODEL_LOAD: One.\nMODEL_RUN: Two.\n'), { code: 'MODEL_RUN' }, 'the last one counts');
  t.match(endError(2, 'CONFIG_INVALID: It has a problem:\n/a b.yaml:2:3: "x" is new\n  Repair it.\n'), {
    code: 'CONFIG_INVALID',
    message: 'It has a problem:\n/a b.yaml:2:3: "x" is new',
    hint: 'Repair it.',
  });
});

t.test('an end without one is told with what there is', async (t) => {
  t.match(endError(null, 'something\nSegmentation fault\n'), {
    code: 'WORKER_CRASHED',
    message: 'The daemon ended with exit status null: Segmentation fault',
  });
  t.match(endError(3, 'NO_SUCH_CODE: x\n'), { code: 'WORKER_CRASHED' });
});
