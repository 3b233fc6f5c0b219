import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { Header } from 'tar';
import { DEFAULT_ARCHIVE_LIMITS, unpackArchive } from '../../dist/bundle/archive.js';

interface Entry {
  path: string;
  content?: string;
  type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'FIFO' | 'CharacterDevice';
  linkpath?: string;
  /** Says another size than the content has. */
  size?: number;
  mode?: number;
}

/** A tar written by hand, since no tool writes what is tested here. */
function tarball(...entries: Entry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, content = '', type = 'File', linkpath, size, mode = 0o644 } of entries) {
    const header = new Header({
      path,
      type,
      mode,
      size: size ?? content.length,
      ...(linkpath ? { linkpath } : {}),
    });
    header.encode();
    blocks.push(header.block as Buffer);
    const padded = Buffer.alloc(Math.ceil(content.length / 512) * 512);
    padded.write(content);
    blocks.push(padded);
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function setup(t: Test, ...entries: Entry[]) {
  const root = t.testdir({ 'a.tar.gz': '' });
  const path = join(root, 'a.tar.gz');
  writeFileSync(path, gzipSync(tarball(...entries)));
  return { root, path, scratch: join(root, 'scratch') };
}

const refused = { code: 'BUNDLE_ARCHIVE' };
const list = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);

t.test('files and folders come out, once', async (t) => {
  const { path, scratch } = setup(
    t,
    { path: './d/', type: 'Directory' },
    { path: './d/f', content: 'hello', mode: 0o4777 },
  );
  const folder = await unpackArchive(path, scratch);
  t.equal(readFileSync(join(folder, 'd', 'f'), 'utf8'), 'hello');
  t.equal(statSync(join(folder, 'd', 'f')).mode & 0o7111, 0, 'no rights that nobody asked for');
  const { ino } = statSync(join(folder, 'd', 'f'));
  t.equal(await unpackArchive(path, scratch), folder);
  t.equal(statSync(join(folder, 'd', 'f')).ino, ino, 'not unpacked again');
  t.equal(list(scratch).length, 1, 'nothing temporary stays');
});

t.test('two who unpack at once get the same whole folder', async (t) => {
  const { path, scratch } = setup(t, { path: 'f', content: 'hello' });
  const folders = await Promise.all([1, 2, 3].map(() => unpackArchive(path, scratch)));
  t.equal(new Set(folders).size, 1);
  t.equal(readFileSync(join(folders[0] as string, 'f'), 'utf8'), 'hello');
  t.equal(list(scratch).length, 1);
});

const HOSTILE: Record<string, { entries: Entry[]; message: RegExp }> = {
  'a path upwards': { entries: [{ path: '../evil', content: 'x' }], message: /forbidden name "\.\.\/evil"/ },
  'a path upwards further in': {
    entries: [{ path: 'a/../../evil', content: 'x' }],
    message: /forbidden name/,
  },
  'an absolute path': { entries: [{ path: '/tmp/evil', content: 'x' }], message: /forbidden name/ },
  'a Windows path': { entries: [{ path: 'C:\\evil', content: 'x' }], message: /forbidden name/ },
  'a symbolic link': {
    entries: [
      { path: 'l', type: 'SymbolicLink', linkpath: '/etc' },
      { path: 'l/x', content: 'x' },
    ],
    message: /"l".*SymbolicLink/,
  },
  'a hard link': { entries: [{ path: 'l', type: 'Link', linkpath: '/etc/passwd' }], message: /Link/ },
  'a pipe': { entries: [{ path: 'p', type: 'FIFO' }], message: /FIFO/ },
  'a device': { entries: [{ path: 'p', type: 'CharacterDevice' }], message: /CharacterDevice/ },
  'too deep a path': { entries: [{ path: 'a/b/c/d/e/f/g/h/i', content: 'x' }], message: /too deep/ },
  'a file behind good ones that says to be huge': {
    entries: [
      { path: 'ok', content: 'x' },
      { path: 'huge', size: 2 ** 32 },
    ],
    message: /more than 2147483648 bytes/,
  },
};

for (const [name, { entries, message }] of Object.entries(HOSTILE)) {
  t.test(`refuses ${name} and leaves nothing behind`, async (t) => {
    const { root, path, scratch } = setup(t, ...entries);
    await t.rejects(unpackArchive(path, scratch), { ...refused, message });
    t.same(list(scratch), []);
    t.same(list(root).sort(), ['a.tar.gz', 'scratch']);
  });
}

t.test('entries, bytes and the archive itself are bounded', async (t) => {
  const { path, scratch } = setup(
    t,
    { path: 'a', content: 'x'.repeat(600) },
    { path: 'b', content: 'y'.repeat(600) },
  );
  const limits = DEFAULT_ARCHIVE_LIMITS;
  await t.rejects(unpackArchive(path, scratch, { ...limits, maxEntries: 1 }), {
    ...refused,
    message: /more than 1 entries/,
  });
  await t.rejects(unpackArchive(path, scratch, { ...limits, maxUnpackedBytes: 1000 }), {
    ...refused,
    message: /more than 1000 bytes/,
  });
  await t.rejects(unpackArchive(path, scratch, { ...limits, maxArchiveBytes: 20 }), {
    ...refused,
    message: /larger than 20 bytes/,
  });
  t.same(list(scratch), []);
  await t.resolves(unpackArchive(path, scratch, limits));
});

t.test('an archive that is damaged, cut off, empty or none is refused', async (t) => {
  const { path, scratch } = setup(t);
  const good = gzipSync(tarball({ path: 'f', content: 'x'.repeat(5000) }));
  const raw = tarball({ path: 'f', content: 'x'.repeat(5000) });
  const broken: Record<string, Buffer> = {
    empty: Buffer.alloc(0),
    'no entries': gzipSync(tarball()),
    text: Buffer.from('<html>not found</html>'.repeat(100)),
    'compressed text': gzipSync('<html>not found</html>'.repeat(100)),
    'cut compression': good.subarray(0, good.length - 20),
    'cut entry': gzipSync(raw.subarray(0, 2000)),
    'flipped header': gzipSync(Buffer.concat([Buffer.from([(raw[0] as number) ^ 1]), raw.subarray(1)])),
  };
  for (const [name, bytes] of Object.entries(broken)) {
    writeFileSync(path, bytes);
    await t.rejects(unpackArchive(path, scratch), refused, name);
    t.same(list(scratch), [], name);
  }
});

t.test('a scratch folder that cannot be one is told', async (t) => {
  const { root, path } = setup(t, { path: 'f', content: 'x' });
  await t.rejects(unpackArchive(path, join(root, 'a.tar.gz', 'scratch')), { code: 'FOLDER_UNWRITABLE' });
});

t.test('the longest unused of many unpacked archives go, and so do old remains', async (t) => {
  const { path, scratch } = setup(t, { path: 'f', content: 'x' });
  const name = (digit: string) => digit.repeat(64);
  const old = `.${name('a')}.0123456789ab.tmp`;
  for (const [folder, hours] of [
    [name('1'), 30],
    [name('2'), 20],
    [name('3'), 10],
    [old, 48],
    ['mine', 99],
  ] as const) {
    mkdirSync(join(scratch, folder), { recursive: true });
    const time = Date.now() / 1000 - hours * 3600;
    utimesSync(join(scratch, folder), time, time);
  }
  await unpackArchive(path, scratch, { ...DEFAULT_ARCHIVE_LIMITS, maxKept: 2 });
  const left = list(scratch);
  t.notOk(left.includes(name('1')) || left.includes(old));
  t.ok(left.includes(name('2')) && left.includes(name('3')) && left.includes('mine'));
});
