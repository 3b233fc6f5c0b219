/** Folders that are looked for once in a while, and the numbers and names in them. */
import t from 'tap';
import { numberedFolders, readName, readNumber, SysfsScan } from '../../dist/device/sysfs-scan.js';
import { SystemFiles } from '../../dist/device/system-files.js';
import { FakeClock } from '../helpers/fake-clock.js';

t.test('what was found serves for five minutes, nothing for half a minute', async (t) => {
  const clock = new FakeClock();
  let found: string[] = [];
  let looks = 0;
  const scan = new SysfsScan(async () => {
    looks += 1;
    return found;
  }, clock);
  t.strictSame(await scan.found(), []);
  found = ['late'];
  clock.advance(29_999);
  t.strictSame(await scan.found(), []);
  clock.advance(1);
  t.strictSame(await scan.found(), ['late']);
  clock.advance(299_999);
  await scan.found();
  t.equal(looks, 2);
  clock.advance(1);
  await scan.found();
  t.equal(looks, 3);
});

t.test('a folder that cannot be read holds nothing', async (t) => {
  const scan = new SysfsScan<string>(() => Promise.reject(new Error('x')), new FakeClock());
  t.strictSame(await scan.found(), []);
});

t.test('folders in the order of their numbers, so many and no others', async (t) => {
  const files = new SystemFiles(t.testdir({ d: { zone10: {}, zone2: {}, zone: {}, zonex: {}, other1: {} } }));
  t.strictSame(await numberedFolders(files, '/d', 'zone'), ['/d/zone2', '/d/zone10']);
  t.strictSame(await numberedFolders(files, '/d', 'zone', 1), ['/d/zone2']);
  t.strictSame(await numberedFolders(files, '/none', 'zone'), []);
});

t.test('numbers and names, or nothing', async (t) => {
  const files = new SystemFiles(
    t.testdir({ n: '-256000\n', f: '1.5', e: '', s: 'gpu-thermal\n', c: 'a\x1bb', nul: 'gpu\0' }),
  );
  t.equal(await readNumber(files, '/n'), -256000);
  for (const path of ['/f', '/e', '/s', '/none']) t.equal(await readNumber(files, path), undefined, path);
  t.equal(await readName(files, '/s'), 'gpu-thermal');
  t.equal(await readName(files, '/nul'), 'gpu', 'names of the device tree end with NUL');
  for (const path of ['/c', '/e', '/none']) t.equal(await readName(files, path), undefined, path);
});
