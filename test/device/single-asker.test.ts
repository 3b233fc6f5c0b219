/** Programs that outlive their answer are not started again. */
import t from 'tap';
import type { ProgramAnswer, ProgramOptions } from '../../dist/base/program-output.js';
import { singleAsker } from '../../dist/device/single-asker.js';

t.test('no second process while the first is there', async (t) => {
  const gone = new Map<string, () => void>();
  const run = (
    program: string,
    _args: readonly string[],
    options: ProgramOptions,
  ): Promise<ProgramAnswer> => {
    gone.set(program, options.onGone ?? (() => t.fail('not told when it is gone')));
    return Promise.resolve({ ok: false, reason: 'did not answer in 5 ms' });
  };
  const ask = singleAsker({ timeoutMs: 5, maxBytes: 5 }, run);
  t.match(await ask('nvidia-smi', []), { reason: 'did not answer in 5 ms' });
  t.match(await ask('nvidia-smi', []), { ok: false, reason: 'still hangs from before' });
  t.match(await ask('nvpmodel', []), { reason: 'did not answer in 5 ms' }, 'others may be asked');
  gone.get('nvidia-smi')?.();
  t.match(await ask('nvidia-smi', []), { reason: 'did not answer in 5 ms' });
});

t.test('one that is not installed may be asked again', async (t) => {
  const ask = singleAsker({ timeoutMs: 5_000, maxBytes: 5 });
  for (let round = 0; round < 2; round += 1)
    t.match(await ask('/nonexistent/program', []), { reason: 'is not installed' });
});
