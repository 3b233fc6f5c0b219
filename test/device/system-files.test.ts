/** Files below a root, with links that would lead out of it, in circles or nowhere. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { fileReason, SystemFiles } from '../../dist/device/system-files.js';

t.test('links stay below the root', async (t) => {
  const root = t.testdir({
    etc: { alternatives: { cuda: t.fixture('symlink', '/usr/local/cuda-12.6') }, hostname: 'of the tree' },
    usr: {
      local: {
        cuda: t.fixture('symlink', '/etc/alternatives/cuda'),
        'cuda-12.6': { 'version.json': '{}', up: t.fixture('symlink', '../../../../../../etc/hostname') },
      },
    },
  });
  const files = new SystemFiles(root);
  t.equal(await files.real('/usr/local/cuda/version.json'), '/usr/local/cuda-12.6/version.json');
  t.equal(await files.read('/usr/local/cuda/up'), 'of the tree', 'no further up than the root');
  t.equal(await files.read('/../../etc/hostname'), 'of the tree');
  t.strictSame(await files.names('/usr/local'), ['cuda', 'cuda-12.6']);
  t.equal(await files.exists('/usr/local/cuda'), true);
  t.equal(await files.exists('/usr/local/rocm'), false);
  t.equal(await new SystemFiles().real('/proc/self/../version'), '/proc/version');
});

t.test('the NUL at the end of the device tree’s texts goes', async (t) => {
  const files = new SystemFiles(t.testdir({ model: 'Jetson\0', names: 'a\0b\0' }));
  t.equal(await files.read('/model'), 'Jetson');
  t.equal(await files.read('/names'), 'a\0b');
});

t.test('whatever cannot be read is a short reason', async (t) => {
  const root = t.testdir({
    folder: {},
    large: 'x'.repeat(10 * 2 ** 20),
    circle: t.fixture('symlink', 'circle'),
    ring: t.fixture('symlink', 'other'),
    other: t.fixture('symlink', 'ring'),
    dangling: t.fixture('symlink', 'nowhere'),
    file: '',
  });
  execFileSync('mkfifo', [join(root, 'pipe')]);
  const files = new SystemFiles(root);
  const reason = (path: string) => files.read(path).then(() => 'read', fileReason);
  t.equal(await reason('/folder'), 'no regular file');
  t.equal(await reason('/pipe'), 'no regular file');
  t.equal(await reason('/large'), 'too large');
  for (const path of ['/circle', '/ring']) t.equal(await reason(path), 'links in a circle', path);
  for (const path of ['/dangling', '/none', '/file/below']) t.equal(await reason(path), 'not there', path);
  t.equal(fileReason(Object.assign(new Error('x'), { code: 'EIO' })), 'EIO');
  t.equal(fileReason('odd'), 'not readable');
});

t.test('a link that is a name and no path, and the real root, whose links the kernel follows', async (t) => {
  const files = new SystemFiles(t.testdir({ pid: t.fixture('symlink', 'pid:[4026531836]') }));
  t.equal(await files.link('/pid'), 'pid:[4026531836]');
  await t.rejects(files.link('/none'), { code: 'ENOENT' });
  const real = new SystemFiles();
  t.equal(await real.exists('/proc/self/status'), true);
  t.equal(await real.exists('/no/such/file'), false);
  t.match(await real.read('/proc/self/status'), /^Name:/);
  t.equal(await real.read('/no/such/file').then(() => 'read', fileReason), 'not there');
});
