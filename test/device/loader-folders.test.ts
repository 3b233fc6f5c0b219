/** The loader's folders, in its order. */
import t from 'tap';
import { loaderFolders, parseLoaderConfig } from '../../dist/device/loader-folders.js';
import { SystemFiles } from '../../dist/device/system-files.js';

t.test('a configuration file is a list of paths', async (t) => {
  t.strictSame(
    parseLoaderConfig('# cuda\n/usr/local/cuda/lib64 # main\n\n  /opt/x\nrelative\ninclude /etc/y\n'),
    ['/usr/local/cuda/lib64', '/opt/x'],
  );
});

t.test('what the user names comes first, then the configured, then the system’s', async (t) => {
  const root = t.testdir({
    etc: {
      'ld.so.conf.d': {
        '988_cuda.conf': '/usr/local/cuda-12/lib\n',
        'note.txt': '/not/this\n',
        'a.conf': {},
      },
    },
  });
  const folders = await loaderFolders(
    new SystemFiles(root),
    { LD_LIBRARY_PATH: '/mine::odd:/mine' },
    'arm64',
  );
  t.strictSame(folders.slice(0, 3), ['/mine', '/usr/local/cuda-12/lib', '/usr/lib/aarch64-linux-gnu']);
  t.ok(folders.includes('/usr/local/cuda/targets/sbsa-linux/lib'));
  t.equal(new Set(folders).size, folders.length);
  const elsewhere = await loaderFolders(new SystemFiles(t.testdir({})), {}, 'riscv64');
  t.equal(elsewhere[0], '/usr/lib64');
  t.ok((await loaderFolders(new SystemFiles('/nowhere'), {}, 'x64')).includes('/usr/lib/x86_64-linux-gnu'));
});
