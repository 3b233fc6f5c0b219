import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findElements, parseElementList, pixelFormat } from '../../dist/capture/elements.js';

const LISTING = `avi:  avidemux: Avi demuxer
videorate:  videorate: Video rate adjuster
nvvideo4linux2:  nvv4l2decoder: NVIDIA v4l2 video decoder
uvch264:  uvch264deviceprovider (GstDeviceProviderFactory)
video4linux2:  v4l2deviceprovider: v4l2: (GstDeviceProviderFactory)
typefindfunctions: image/jpeg: jpg, jpe, jpeg
typefindfunctions: video/x-theora: no extensions
staticelements:  bin: Generic bin
libav:  avdec_h264: libav H.264 / AVC decoder
x264:  x264enc: x264 H.264 Encoder: fast

Total count: 259 plugins (2 blacklist entries not shown), 1501 features
`;

t.test('elements are read from the listing, other features are not', (t) => {
  t.same(
    [...parseElementList(LISTING)],
    ['avidemux', 'videorate', 'nvv4l2decoder', 'bin', 'avdec_h264', 'x264enc'],
  );
  t.end();
});

t.test('anything else holds no element', (t) => {
  for (const text of ['', '\n\n', 'bash: gst-inspect-1.0: not found', '\0\x1b[31m', 'a:b:c', ': : :']) {
    t.equal(parseElementList(text).size, 0, JSON.stringify(text));
  }
  t.end();
});

t.test('a missing program is GSTREAMER_MISSING with the packages to install', async (t) => {
  await t.rejects(findElements({ program: '/nonexistent/gst-inspect-1.0' }), {
    code: 'GSTREAMER_MISSING',
    message: /not installed/,
    hint: /apt-get install gstreamer1\.0-tools/,
  });
});

t.test('programs that fail, hang, flood or list nothing are GSTREAMER_MISSING too', async (t) => {
  const folder = t.testdir();
  const program = (name: string, body: string) => {
    const path = join(folder, name);
    writeFileSync(path, `#!${process.execPath}\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const cases: [string, string, RegExp][] = [
    ['fails', 'process.exit(3)', /status 3/],
    ['empty', 'console.log("Total count: 0 plugins")', /lists no elements/],
    [
      'floods',
      'const x = "x".repeat(1 << 20); setInterval(() => process.stdout.write(x), 0)',
      /printed more than/,
    ],
  ];
  for (const [name, body, message] of cases) {
    await t.rejects(
      findElements({ program: program(name, body) }),
      { code: 'GSTREAMER_MISSING', message },
      name,
    );
  }
  const hangs = program('hangs', 'setInterval(() => {}, 1000)');
  await t.rejects(findElements({ program: hangs, timeoutMs: 20 }), { message: /did not answer/ });
});

t.test('the question is asked once per process, unless it failed', async (t) => {
  const folder = t.testdir({ count: '', 'package.json': '{}' });
  const path = join(folder, 'inspect');
  const body = (line: string) =>
    `#!${process.execPath}\nrequire('node:fs').appendFileSync(${JSON.stringify(join(folder, 'count'))}, 'x');\n${line}\n`;
  writeFileSync(path, body('process.exit(1)'));
  chmodSync(path, 0o755);
  await t.rejects(findElements({ program: path }));
  writeFileSync(path, body("console.log('app:  appsink: AppSink')"));
  const [first, second] = await Promise.all([
    findElements({ program: path }),
    findElements({ program: path }),
  ]);
  t.equal(first, second);
  t.ok(first.has('appsink'));
  t.notOk(first.has('nvvidconv'));
  const { readFileSync } = await import('node:fs');
  t.equal(readFileSync(join(folder, 'count'), 'utf8'), 'xx', 'one failure, one answer');
});

t.test('frames have four channels where NVIDIA converts them', async (t) => {
  t.equal(pixelFormat(new Set(['videoconvert'])), 'RGB');
  t.equal(pixelFormat(new Set(['videoconvert', 'nvvidconv'])), 'RGBA');
});
