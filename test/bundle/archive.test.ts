import { createHash } from 'node:crypto';
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
import { Header, type types } from 'tar';
import { DEFAULT_ARCHIVE_LIMITS, unpackArchive, unpackFresh } from '../../dist/bundle/archive.js';
import { Prng } from '../../dist/scene/prng.js';

type EntryTypeName = types.EntryTypeName;

interface Entry {
  path: string;
  content?: string;
  type?: EntryTypeName;
  /** The very letter in the header instead. */
  flag?: string;
  linkpath?: string;
  /** Says another size than the content has. */
  size?: number;
  mode?: number;
}

/** A tar written by hand, since no tool writes what is tested here. */
function tarball(...entries: Entry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, content = '', type = 'File', flag, linkpath, size, mode = 0o644 } of entries) {
    const header = new Header({
      path,
      type,
      mode,
      size: size ?? Buffer.byteLength(content),
      ...(linkpath ? { linkpath } : {}),
    });
    header.encode();
    blocks.push(flag === undefined ? (header.block as Buffer) : flagged(header.block as Buffer, flag));
    const padded = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512);
    padded.write(content);
    blocks.push(padded);
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** The header with another letter for its type, and a checksum that fits again. */
function flagged(block: Buffer, flag: string): Buffer {
  block.write(flag, 156, 'latin1');
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** A POSIX header that says something else of the entry after it. */
function pax(
  key: string,
  value: string,
  type: 'ExtendedHeader' | 'GlobalExtendedHeader' = 'ExtendedHeader',
): Entry {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  const length = bytes + `${bytes + `${bytes}`.length}`.length;
  return { path: 'pax', type, content: `${length}${rest}` };
}

const longName = (name: string): Entry => ({
  path: '././@LongLink',
  type: 'NextFileHasLongPath',
  content: `${name}\0`,
});
const file = (path: string, content = 'x'): Entry => ({ path, content });

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
  'a block device': { entries: [{ path: 'p', type: 'BlockDevice' }], message: /BlockDevice/ },
  'a hard link to a file of its own': {
    entries: [file('f'), { path: 'l', type: 'Link', linkpath: 'f' }],
    message: /Link/,
  },
  'a sparse file': { entries: [{ path: 'f', flag: 'S' }], message: /f/ },
  'an unknown kind of entry': { entries: [{ path: 'f', flag: '!' }], message: /f/ },
  'the folder above': { entries: [{ path: '..', type: 'Directory' }], message: /forbidden name/ },
  'a file in place of the folder': { entries: [file('.')], message: /forbidden name/ },
  'a way down and up again': { entries: [file('a/..')], message: /forbidden name/ },
  'a share of Windows': { entries: [file('\\\\host\\share')], message: /forbidden name/ },
  'a name with a backslash further in': { entries: [file('a/..\\..\\evil')], message: /forbidden name/ },
  'a name of two lines': { entries: [file('a\nb')], message: /forbidden name "a\\nb"/ },
  'a name that moves the cursor': { entries: [file('a\u009bb')], message: /forbidden name "a\\x9bb"/ },
  'a path upwards in a POSIX header': {
    entries: [pax('path', '../evil'), file('good')],
    message: /forbidden name "\.\.\/evil"/,
  },
  'an absolute path in a POSIX header': {
    entries: [pax('path', '/etc/evil'), file('good')],
    message: /forbidden name/,
  },
  'a path upwards in a long name': {
    entries: [longName('../evil'), file('good')],
    message: /forbidden name/,
  },
  'a long name of a folder': { entries: [longName(`${'x'.repeat(256)}/f`), file('f')], message: /too long/ },
  'a name of many bytes and few characters': {
    entries: [longName('人'.repeat(90)), file('f')],
    message: /too long/,
  },
  'a long path': { entries: [longName(`${'y'.repeat(200)}/`.repeat(6)), file('f')], message: /too long/ },
  'a name of megabytes': {
    entries: [{ ...longName('x'.repeat(2 ** 21)) }, file('f')],
    message: /more than a megabyte/,
  },
  'the same file twice': { entries: [file('f'), file('f', 'y')], message: /"f" twice/ },
  'the same file twice, written otherwise': {
    entries: [file('f'), file('./f', 'y')],
    message: /"\.\/f" twice/,
  },
  'a file in a file': { entries: [file('f'), file('f/g')], message: /twice/ },
  'a file in place of a folder': { entries: [file('f/g'), file('f')], message: /twice/ },
  'a folder in place of a file': { entries: [file('f'), { path: 'f', type: 'Directory' }], message: /twice/ },
  'a size in a POSIX header that is huge': {
    entries: [pax('size', `${2 ** 40}`), file('f')],
    message: /more than 2147483648 bytes/,
  },
  'files that are too much together only': {
    entries: Array.from({ length: 3 }, (_, at) => ({
      path: `f${at}`,
      size: at === 2 ? 2 ** 32 : 1,
      content: 'x',
    })),
    message: /more than 2147483648 bytes/,
  },
  'more entries than there may be': {
    entries: Array.from({ length: DEFAULT_ARCHIVE_LIMITS.maxEntries + 1 }, (_, at) => file(`f${at}`, '')),
    message: /more than 10000 entries/,
  },
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

t.test('names in headers that mean nothing there lead nowhere', async (t) => {
  const { root, path, scratch } = setup(
    t,
    pax('path', '../evil', 'GlobalExtendedHeader'),
    file('good'),
    pax('path', 'cut\0/../../evil'),
    file('other'),
  );
  const folder = await unpackArchive(path, scratch);
  t.same(list(folder).sort(), ['cut', 'good']);
  t.same(list(root).sort(), ['a.tar.gz', 'scratch']);
});

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
    'not compressed': raw,
    'compressed twice': gzipSync(good),
    'compressed in another way inside': gzipSync(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...raw])),
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

/** Gzip of a whole archive and what follows it. */
function followed(by: Buffer): Buffer {
  return gzipSync(Buffer.concat([tarball(file('f')), by]));
}

t.test('bombs that are no files are refused early, and what tools leave behind the end is not', async (t) => {
  const { path, scratch } = setup(t);
  const limits = { ...DEFAULT_ARCHIVE_LIMITS, maxUnpackedBytes: 1000, maxEntries: 100 };
  const bombs: Record<string, [Buffer, RegExp]> = {
    'zeros after the end': [followed(Buffer.alloc(2 ** 24)), /goes on after its end|most of it no files/],
    'anything after the end': [
      followed(Buffer.alloc(2 ** 22, 'x')),
      /goes on after its end|most of it no files/,
    ],
    'headers for all, and no entry': [
      gzipSync(tarball(...Array(4000).fill(pax('comment', 'x', 'GlobalExtendedHeader')))),
      /most of it no files/,
    ],
    'names, and no entry': [
      gzipSync(tarball(...Array(40).fill(longName('x'.repeat(2 ** 18))))),
      /most of it no files/,
    ],
    'a comment of megabytes': [
      gzipSync(tarball(pax('comment', 'x'.repeat(2 ** 21)), file('f'))),
      /more than a megabyte|most of it no files/,
    ],
    'a file that is smaller packed by a thousand times': [
      gzipSync(tarball(file('f', '\0'.repeat(2 ** 20)))),
      /more than 1000 bytes/,
    ],
  };
  for (const [name, [bytes, message]] of Object.entries(bombs)) {
    writeFileSync(path, bytes);
    await t.rejects(unpackArchive(path, scratch, limits), { ...refused, message }, name);
    t.same(list(scratch), [], name);
  }
  writeFileSync(path, followed(Buffer.alloc(10_240)));
  t.ok(existsSync(join(await unpackArchive(path, scratch, limits), 'f')));
  writeFileSync(path, Buffer.concat([followed(Buffer.alloc(0)), Buffer.alloc(4096)]));
  t.ok(existsSync(join(await unpackArchive(path, scratch, limits), 'f')), 'zeros behind the compression');
});

t.test('an archive that was verified is hashed again while it is unpacked', async (t) => {
  const { root, path } = setup(t, file('f'));
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  await t.rejects(unpackFresh(path, join(root, 'bad'), DEFAULT_ARCHIVE_LIMITS, 'a'.repeat(64)), {
    ...refused,
    message: /changed while it was unpacked/,
  });
  await unpackFresh(path, join(root, 'a/good'), DEFAULT_ARCHIVE_LIMITS, sha256);
  t.same(list(join(root, 'a/good')), ['f']);
  await unpackFresh(path, join(root, 'any'));
  t.same(list(join(root, 'any')), ['f']);
  const { path: many } = setup(t, ...Array.from({ length: 10_001 }, (_, at) => file(`f${at}`, '')));
  await t.rejects(unpackFresh(many, join(root, 'many')), { ...refused, message: /more than 10000 entries/ });
  t.notOk(existsSync(join(root, 'many')), 'nor do files appear that were begun before');
  await t.rejects(
    unpackFresh(path, join(root, 'x'), { ...DEFAULT_ARCHIVE_LIMITS, maxArchiveBytes: 5 }),
    refused,
  );
  await t.rejects(unpackFresh(path, join(path, 'x')), { code: 'FOLDER_UNWRITABLE' });
});

t.test('whatever an archive says, only files and folders come out, and only below its folder', async (t) => {
  const random = new Prng(20_260);
  const any = <T>(list: readonly T[]): T => list[random.index(list.length)] as T;
  const parts = [
    ...['c', 'd', 'e', 'f', 'g', 'h', 'samples', 'model.onnx', 'i', 'j', 'k', 'l'],
    'a',
    'b',
    '..',
    '.',
    '',
    'C:',
    '\\',
    '~',
    'x'.repeat(300),
    '人',
    'model.onnx',
    '\u202e',
    '%2e%2e',
    '...',
  ];
  const name = (): string =>
    any(['', '', '', '', './', './', '/', '../']) +
    Array.from({ length: 1 + random.index(3) }, () => any(parts)).join('/');
  const kinds = [...Array<'File'>(12).fill('File'), 'Directory', 'SymbolicLink', 'Link', 'FIFO'] as const;
  const entry = (): Entry[] => {
    const type = any(kinds);
    const links = type === 'Link' || type === 'SymbolicLink';
    const itself: Entry = {
      path: name() || 'a',
      type,
      ...(type === 'File' ? { content: 'x'.repeat(random.index(600)) } : {}),
      ...(links ? { linkpath: any(['/etc/passwd', '../..', 'a', '.']) } : {}),
      ...(random.index(8) === 0 ? { flag: any(['S', 'V', 'A', '\0', '7', 'D']) } : {}),
    };
    const before = random.index(6);
    if (before === 0) return [pax('path', name() || 'a'), itself];
    if (before === 1) return [longName(name() || 'a'), itself];
    if (before === 2) return [pax('linkpath', name() || 'a'), pax('size', `${random.index(2000)}`), itself];
    return [itself];
  };
  const { root, path, scratch } = setup(t);
  let taken = 0;
  for (let run = 0; run < 400; run += 1) {
    writeFileSync(path, gzipSync(tarball(...Array.from({ length: 1 + random.index(3) }, entry).flat())));
    try {
      const folder = await unpackArchive(path, scratch);
      taken += 1;
      for (const found of readdirSync(folder, { recursive: true, withFileTypes: true }))
        if (!found.isFile() && !found.isDirectory()) t.fail(`run ${run}: ${found.name} came out`);
    } catch (error) {
      if ((error as { code?: string }).code !== 'BUNDLE_ARCHIVE') t.match(error, refused, `run ${run}`);
    }
    if (list(root).length !== 2) t.same(list(root).sort(), ['a.tar.gz', 'scratch'], `run ${run}`);
    if (list(scratch).some((there) => there.startsWith('.'))) t.fail(`run ${run}: something is left`);
  }
  t.ok(taken > 20 && taken < 380, `${taken} of 400 were taken`);
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
