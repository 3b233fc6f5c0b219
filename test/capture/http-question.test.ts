import t from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { askHttp } from '../../dist/capture/http-question.js';
import { httpCamera } from '../helpers/network-camera.js';
import { scriptedCamera } from '../helpers/scripted-camera.js';
import { until } from '../helpers/until.js';

const options = { clock: systemClock, signal: new AbortController().signal };

t.test('what a web server serves is known from its answer, and nothing more is read', async (t) => {
  const cases: [type: string, offer: string][] = [
    ['multipart/x-mixed-replace; boundary=frame', 'mjpeg'],
    ['Multipart/X-Mixed-Replace', 'mjpeg'],
    ['video/mp2t', 'other'],
    ['application/octet-stream', 'other'],
  ];
  for (const [type, offer] of cases) {
    let gone = 0;
    const url = await httpCamera(t, (request, response) => {
      t.equal(request.url, '/stream?token=secret');
      request.socket.on('close', () => {
        gone += 1;
      });
      response.writeHead(200, { 'content-type': type });
      response.write('x'.repeat(100_000));
    });
    t.equal(await askHttp(url, options), offer, type);
    await until(() => gone === 1);
  }
});

t.test('pages and single pictures are no stream', async (t) => {
  for (const type of ['text/html; charset=utf-8', 'image/jpeg']) {
    const url = await httpCamera(t, (_request, response) => {
      response.writeHead(200, { 'content-type': type });
      response.end('x');
    });
    await t.rejects(askHttp(url, options), {
      code: 'CAMERA_OPEN',
      message: new RegExp(`serves ${type.split(';')[0]}, not a stream`),
      hint: /MJPEG/,
    });
  }
});

t.test('user and password are given when they are wanted', async (t) => {
  const seen: (string | undefined)[] = [];
  const url = await httpCamera(t, (request, response) => {
    seen.push(request.headers.authorization);
    const known = request.headers.authorization?.startsWith('Digest username="me"') === true;
    response.writeHead(known ? 200 : 401, {
      'content-type': 'multipart/x-mixed-replace',
      'www-authenticate': 'Digest realm="c", nonce="1", qop="auth"',
    });
    response.end();
  });
  t.equal(await askHttp(url.replace('http://', 'http://me:pw@'), options), 'mjpeg');
  t.match(seen, [undefined, /uri="\/stream\?token=secret"/]);
  await t.rejects(askHttp(url, options), { message: /wants a user/ });
});

t.test('refusals are told, redirections left to GStreamer', async (t) => {
  const statuses: [number, RegExp][] = [
    [403, /wants a user/],
    [404, /no such stream/],
    [500, /answers 500/],
  ];
  for (const [status, message] of statuses) {
    const url = await httpCamera(t, (_request, response) => {
      response.writeHead(status);
      response.end();
    });
    await t.rejects(askHttp(url, options), { code: 'CAMERA_OPEN', message });
  }
  const moved = await httpCamera(t, (_request, response) => {
    response.writeHead(302, { location: '/elsewhere' });
    response.end();
  });
  t.equal(await askHttp(moved, options), 'unknown');
  const foreign = await scriptedCamera(t, (_request, socket) => socket.write('RTSP/1.0 200 OK\r\n\r\n'));
  await t.rejects(askHttp(`http://127.0.0.1:${foreign.port}/`, options), { message: /does not speak HTTP/ });
});
