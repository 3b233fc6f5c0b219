/** Where engines are found, and what is noted while one is loaded. */
import t from 'tap';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import { readRefusals } from '../../dist/engines/engine-refusals.js';
import { engineAccess } from '../../dist/worker/engine-access.js';

t.test('an engine that takes the process with it is known to the next one', async (t) => {
  const folder = t.testdir();
  const key = 'a'.repeat(64);
  const { watch, cache, refusals, device } = await engineAccess(folder, 1e9, UNKNOWN_DEVICE);
  t.equal(refusals.size, 0);
  t.equal(device, UNKNOWN_DEVICE);
  t.match(await cache.open(key), { state: 'missing' });
  await watch.begun(key);
  t.match((await readRefusals(folder)).get(key), { code: 'WORKER_CRASHED' });
  await watch.survived(key);
  t.equal((await readRefusals(folder)).size, 0);
});
