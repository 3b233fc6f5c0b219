/** Extensions of processors, as Linux lists them. */
import t from 'tap';
import { parseCpuExtensions } from '../../dist/device/cpu-extensions.js';

t.test('those that matter are listed, in one order', async (t) => {
  const x86 = 'processor\t: 0\nmodel name\t: x\nflags\t\t: fpu sse4_2 avx512f avx2 avx fma\nbugs\t:\n';
  t.equal(parseCpuExtensions(x86), 'avx avx2 avx512f');
  const orin = 'processor\t: 0\nFeatures\t: fp asimd evtstrm aes atomics fphp asimdhp asimddp uscat\n';
  t.equal(parseCpuExtensions(`${orin}\nprocessor : 1\nFeatures : fp\n`), 'asimd asimddp');
  t.equal(parseCpuExtensions('flags : fpu sse\n'), 'none');
  t.equal(parseCpuExtensions('processor : 0\n'), undefined);
});
