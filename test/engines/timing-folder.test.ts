/** Timing caches: one per platform, and not without end. */
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { engineKey } from '../../dist/engines/engine-key.js';
import { prepareTimingFolder, timingCachePath } from '../../dist/engines/timing-folder.js';
import { madeUpDevice, madeUpKey } from '../helpers/made-up-engine.js';

t.test('models of one platform share one, another platform has its own', async (t) => {
  const path = timingCachePath('/cache', madeUpKey(1));
  t.match(path, /^\/cache\/timing\/[0-9a-f]{64}\.timing$/);
  t.equal(timingCachePath('/cache', madeUpKey(2, { precision: 'fp16' })), path);
  const request = {
    bundleDigest: 'sha256:',
    preparation: 1,
    provider: 'tensorrt',
    precision: 'fp16',
    shapes: {},
    flags: {},
  } as const;
  const [one, other] = [madeUpDevice, { ...madeUpDevice, tensorrt: '11.0' }].map((device) =>
    timingCachePath('/cache', engineKey(request, device)),
  );
  t.not(one, other);
});

t.test('beside it the three that were written last stay', async (t) => {
  const cache = t.testdir();
  const path = timingCachePath(cache, madeUpKey(1));
  await prepareTimingFolder(cache, path);
  const folder = join(cache, 'timing');
  t.strictSame(readdirSync(folder), []);
  for (let number = 1; number <= 5; number += 1) {
    const at = join(folder, `${number}.timing`);
    writeFileSync(at, '');
    utimesSync(at, number, number);
  }
  writeFileSync(path, '');
  utimesSync(path, 0, 0);
  writeFileSync(join(folder, 'notes'), '');
  mkdirSync(join(folder, '0.timing'));
  utimesSync(join(folder, '0.timing'), 0, 0);
  await prepareTimingFolder(cache, path);
  t.strictSame(
    readdirSync(folder).sort(),
    ['3.timing', '4.timing', '5.timing', basename(path), 'notes'].sort(),
  );
});
