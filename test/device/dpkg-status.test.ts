/** Packages from dpkg's file, whole, broken and endless. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { installedPackages, parsePackages } from '../../dist/device/dpkg-status.js';
import { SystemFiles } from '../../dist/device/system-files.js';

const entry = (name: string, version: string, status = 'install ok installed') =>
  `Package: ${name}\nStatus: ${status}\nArchitecture: arm64\nVersion: ${version}\nDescription: x\n y\n`;

t.test('installed packages have their version, others are none', async (t) => {
  const text = [
    entry('libnvinfer10', '10.3.0.30-1+cuda12.5'),
    entry('libnvinfer8', '8.6.2.3-1', 'deinstall ok config-files'),
    entry('libcudnn9-cuda-12', '9.3.0.75-1', 'hold ok installed'),
    entry('bash', '5.1'),
    'Package: libnvinfer-bin\nStatus: install ok installed\n',
    ' Package: libnvinfer7\nVersion: 7\n',
  ].join('\n');
  t.strictSame(
    [...parsePackages(text, /^lib(nvinfer|cudnn)/)],
    [
      ['libnvinfer10', '10.3.0.30-1+cuda12.5'],
      ['libcudnn9-cuda-12', '9.3.0.75-1'],
    ],
  );
});

t.test('a long file is read in pieces, an entry across their border too', async (t) => {
  const folder = t.testdir({ var: { lib: { dpkg: { status: '' } } } });
  const filler = Array.from({ length: 3000 }, (_, index) => entry(`package-${index}`, `1.${index}`));
  filler.splice(1500, 0, entry('libnvinfer10', '10.3.0.30-1'));
  writeFileSync(
    join(folder, 'var/lib/dpkg/status'),
    `${filler.join('\n')}\n${entry('nvidia-jetpack', '6.2.2+b24')}`,
  );
  const found = await installedPackages(
    new SystemFiles(folder),
    /^(libnvinfer10|nvidia-jetpack|package-\d+)$/,
  );
  t.equal(found.size, 3002);
  t.equal(found.get('libnvinfer10'), '10.3.0.30-1');
  t.equal(found.get('nvidia-jetpack'), '6.2.2+b24');
  t.equal(found.get('package-2999'), '1.2999');
});

t.test('garbage without entries is dropped as it comes', async (t) => {
  const folder = t.testdir({ var: { lib: { dpkg: { status: '' } } } });
  writeFileSync(join(folder, 'var/lib/dpkg/status'), Buffer.alloc(10 * 2 ** 20, 0xa7));
  t.equal((await installedPackages(new SystemFiles(folder), /./)).size, 0);
  await t.rejects(installedPackages(new SystemFiles(t.testdir({})), /./), { code: 'ENOENT' });
});
