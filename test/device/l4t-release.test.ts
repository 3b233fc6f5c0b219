/** L4T versions as boards write them. */
import t from 'tap';
import {
  compareL4t,
  l4tFamilyOfAptSource,
  l4tOfPackage,
  majorOf,
  parseTegraRelease,
} from '../../dist/device/l4t-release.js';

t.test('the release file of every generation is read', async (t) => {
  const texts: [string, string][] = [
    ['# R36 (release), REVISION: 5.0, GCID: 43688277, BOARD: generic, EABI: aarch64, DATE: …', '36.5.0'],
    ['# R32 (release), REVISION: 7.1, GCID: 29689809, BOARD: t186ref, EABI: aarch64, DATE: …', '32.7.1'],
    ['# R39 (release), REVISION: 2.1, GCID: 46758480, BOARD: generic\n# KERNEL_VARIANT: oot\n', '39.2.1'],
    ['# SEEED IMAGE\n# R35 (release), REVISION: 4.1, GCID: 1', '35.4.1'],
    ['# R38 (release), REVISION: 4, GCID: 1', '38.4.0'],
  ];
  for (const [text, version] of texts) t.equal(parseTegraRelease(text), version, text);
});

t.test('what is no release file says nothing', async (t) => {
  const texts = [
    '',
    'R36 (release), REVISION: 5.0',
    '# R36 (release)',
    '# R36 (release), REVISION: 5.0.1.2.3',
    '# R3600 (release), REVISION: 5.0',
    'ELF\0\x01',
  ];
  for (const text of texts) t.equal(parseTegraRelease(text), undefined, JSON.stringify(text));
});

t.test('packages and repositories name it too', async (t) => {
  t.equal(l4tOfPackage('36.4.3-20250107174145'), '36.4.3');
  t.equal(l4tOfPackage('32.7.1-20220219090344'), '32.7.1');
  t.equal(l4tOfPackage('38.2'), '38.2.0');
  t.equal(l4tOfPackage('6.2.2+b24'), undefined);
  const list = '# comment\ndeb https://repo.download.nvidia.com/jetson/common r36.4 main\n';
  t.equal(l4tFamilyOfAptSource(list), '36.4');
  t.equal(
    l4tFamilyOfAptSource('deb [signed-by=/x] https://repo.download.nvidia.com/jetson/common r39.2 main'),
    '39.2',
  );
  t.equal(l4tFamilyOfAptSource('Types: deb\nURIs: https://repo/jetson/common\nSuites: r38.2\n'), '38.2');
  t.equal(l4tFamilyOfAptSource('# deb https://repo.download.nvidia.com/jetson/common r36.4 main'), undefined);
  t.equal(l4tFamilyOfAptSource('deb https://deb.debian.org/debian bookworm main'), undefined);
});

t.test('releases are compared by number, part by part', async (t) => {
  t.ok(compareL4t('36.4.4', '36.4.10') < 0);
  t.ok(compareL4t('38.2.0', '36.5.0') > 0);
  t.equal(compareL4t('36.4', '36.4.0'), 0);
  t.equal(majorOf('36.4.3'), 36);
  t.equal(majorOf('odd'), 0);
});
