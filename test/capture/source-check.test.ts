import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkSource } from '../../dist/capture/source-check.js';

t.test('files that cannot be videos are told apart', async (t) => {
  const folder = t.testdir({ 'clip.avi': 'x', 'empty.avi': '', sub: {} });
  symlinkSync('loop', join(folder, 'loop'));
  const check = (name: string) => checkSource({ kind: 'file', path: join(folder, name) });
  await t.resolves(check('clip.avi'));
  const cases: [string, RegExp][] = [
    ['none.avi', /does not exist/],
    ['empty.avi', /is empty/],
    ['sub', /is a folder/],
    ['clip.avi/x', /not a folder/],
    ['loop', /circle/],
    ['y'.repeat(300), /too long/],
  ];
  for (const [name, message] of cases) {
    await t.rejects(check(name), { code: 'VIDEO_UNREADABLE', message, hint: /\w/ }, name.slice(0, 20));
  }
});

t.test('devices that are not there or are none are refused', async (t) => {
  const folder = t.testdir({ video0: 'x' });
  const check = (device: string) => checkSource({ kind: 'v4l2', device });
  await t.rejects(check('/dev/video-none'), {
    code: 'CAMERA_OPEN',
    message: /does not exist/,
    hint: /cable/,
  });
  await t.rejects(check(join(folder, 'video0')), { code: 'CAMERA_OPEN', message: /not a device/ });
  await t.resolves(check('/dev/null'), 'what a device is, GStreamer finds out');
});

t.test('other sources are left to GStreamer', async (t) => {
  await t.resolves(checkSource({ kind: 'http', url: 'http://nowhere.invalid/' }));
  await t.resolves(checkSource({ kind: 'gst', pipeline: '' }));
});
