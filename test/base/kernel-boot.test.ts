/** Which start of the kernel this is. */
import t from 'tap';
import { kernelBoot } from '../../dist/base/kernel-boot.js';

const tree = (text: string) => ({ proc: { sys: { kernel: { random: { boot_id: text } } } } });

t.test('the id of the kernel is read as it is told', async (t) => {
  t.equal(
    await kernelBoot(t.testdir(tree('0b6d2f4e-8d7a-4a52-9a0a-3f6f0c1f7c55\n'))),
    '0b6d2f4e-8d7a-4a52-9a0a-3f6f0c1f7c55',
  );
});

t.test('where it is not told, or is none, there is none', async (t) => {
  t.equal(await kernelBoot(t.testdir({})), undefined);
  for (const text of ['', '\n', 'two words', 'x'.repeat(100_000), '../../etc'])
    t.equal(await kernelBoot(t.testdir(tree(text))), undefined);
});
