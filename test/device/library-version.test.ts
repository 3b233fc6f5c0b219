/** Libraries by their file names, through links as boards have them. */
import t from 'tap';
import { compareVersions, findLibraries, parseLibraryName } from '../../dist/device/library-version.js';
import { SystemFiles } from '../../dist/device/system-files.js';

t.test('a version is what follows the name', async (t) => {
  t.equal(parseLibraryName('libcudart.so.12.6.68', 'libcudart'), '12.6.68');
  t.equal(parseLibraryName('libnvinfer.so.10', 'libnvinfer'), '10');
  for (const name of [
    'libnvinfer.so',
    'libnvinfer_plugin.so.10.3.0',
    'libnvinfer.so.10.x',
    'libnvinfer.so.',
    'xlibnvinfer.so.1',
  ])
    t.equal(parseLibraryName(name, 'libnvinfer'), undefined, name);
  t.ok(compareVersions('10.3.0', '8.6.2') > 0);
  t.ok(compareVersions('10.3', '10.13.0') < 0);
  t.equal(compareVersions('9.3.0', '9.3'), 0);
});

t.test('links are followed to the full version', async (t) => {
  const root = t.testdir({
    etc: { alternatives: { libcudnn_so: t.fixture('symlink', '/usr/lib/libcudnn.so.9.3.0') } },
    usr: {
      lib: {
        'libcudnn.so.9': t.fixture('symlink', '/etc/alternatives/libcudnn_so'),
        'libcudnn.so.9.3.0': '',
        'libcudart.so.11.0': t.fixture('symlink', 'libcudart.so.11.4.298'),
        'libcudart.so.11.4.298': '',
      },
    },
  });
  const found = await findLibraries(
    new SystemFiles(root),
    ['/gone', '/usr/lib'],
    ['libcudart', 'libcudnn', 'libnvinfer'],
  );
  t.strictSame(found.get('libcudnn'), { version: '9.3.0', path: '/usr/lib/libcudnn.so.9.3.0', others: [] });
  t.match(
    found.get('libcudart'),
    { version: '11.4.298', others: [] },
    'the name of a link is not the version',
  );
  t.equal(found.has('libnvinfer'), false);
});

t.test('the first folder wins, and there the newest; what cannot be loaded does not count', async (t) => {
  const root = t.testdir({
    first: {
      'libnvinfer.so': t.fixture('symlink', 'libnvinfer.so.10'),
      'libnvinfer.so.10': t.fixture('symlink', 'libnvinfer.so.10.3.0'),
      'libnvinfer.so.10.3.0': '',
      'libnvinfer.so.8.6.2': '',
      'libnvinfer.so.11': t.fixture('symlink', 'libnvinfer.so.11.4.1'),
    },
    second: { 'libnvinfer.so.12.0.0': '' },
    only: { 'libnvinfer.so.10': '' },
    circle: { 'libnvinfer.so.10': t.fixture('symlink', 'libnvinfer.so.10') },
  });
  const in_ = async (...folders: string[]) =>
    (await findLibraries(new SystemFiles(root), folders, ['libnvinfer'])).get('libnvinfer');
  t.strictSame(await in_('/first', '/second'), {
    version: '10.3.0',
    path: '/first/libnvinfer.so.10.3.0',
    others: ['8.6.2'],
  });
  t.match(await in_('/only'), { version: '10' }, 'less is known where the file has only its soname');
  t.equal(await in_('/circle'), undefined);
});
