import t from 'tap';
import { machineLook } from '../../dist/daemon/machine-look.js';
import { machineSample } from '../helpers/machine-sample.js';

t.test('what looks at the machine is loaded once, with the first look', async (t) => {
  let loaded = 0;
  const seen: unknown[] = [];
  const look = machineLook(
    async () => {
      loaded += 1;
      return {
        sample: async (processes) => {
          seen.push(processes);
          return machineSample();
        },
      };
    },
    () => ({}) as never,
  );
  t.equal(loaded, 0);
  await look([{ name: 'daemon', pid: 1 }]);
  await look([]);
  t.equal(loaded, 1);
  t.strictSame(seen, [[{ name: 'daemon', pid: 1 }], []]);
});

t.test('where nobody looks a look is refused', async (t) => {
  await t.rejects(machineLook(undefined, () => ({}) as never)([]), /nothing to look/);
});
