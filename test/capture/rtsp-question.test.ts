import t from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { askRtsp } from '../../dist/capture/rtsp-question.js';
import { freePort } from '../helpers/mosquitto.js';
import { description, rtspAnswer, scriptedCamera } from '../helpers/scripted-camera.js';
import { until } from '../helpers/until.js';

const never = new AbortController().signal;
const ask = (port: number, user = '', limits: { answerMs?: number; connectMs?: number } = {}) =>
  askRtsp(`rtsp://${user}127.0.0.1:${port}/main?x=1`, { clock: systemClock, signal: never, ...limits });

t.test('the codec of the first video track is found in two questions', async (t) => {
  const camera = await scriptedCamera(t, (request, socket) => {
    socket.write(
      request.startsWith('OPTIONS') ? rtspAnswer('200 OK') : rtspAnswer('200 OK', [], description('H265')),
    );
  });
  t.same(await ask(camera.port), { encoding: 'H265' });
  t.same(
    camera.requests.map((request) => request.split('\r\n').slice(0, 2)),
    [
      [`OPTIONS rtsp://127.0.0.1:${camera.port}/main?x=1 RTSP/1.0`, 'CSeq: 1'],
      [`DESCRIBE rtsp://127.0.0.1:${camera.port}/main?x=1 RTSP/1.0`, 'CSeq: 2'],
    ],
  );
  await until(() => camera.connections.open === 0);
});

t.test('an answer that drips in is read, too', async (t) => {
  const camera = await scriptedCamera(t, (_request, socket) => {
    const answer = rtspAnswer('200 OK', [], description('H264'));
    socket.setNoDelay(true);
    let sent = 0;
    const next = () => {
      if (sent < answer.length) socket.write(answer[sent++] as string, () => setImmediate(next));
    };
    next();
  });
  t.same(await ask(camera.port), { encoding: 'H264' });
});

t.test('user and password are given when they are wanted, not in clear where Digest will do', async (t) => {
  const camera = await scriptedCamera(t, (request, socket) => {
    if (!/Authorization: Digest .*response=/.test(request)) {
      const demands = ['WWW-Authenticate: Basic realm="c"', 'WWW-Authenticate: Digest realm="c", nonce="1"'];
      socket.write(rtspAnswer('401 Unauthorized', demands));
    } else socket.write(rtspAnswer('200 OK', [], description('JPEG')));
  });
  t.same(await ask(camera.port, 'me:secret@'), { encoding: 'JPEG' });
  t.notMatch(camera.requests.join(), /secret|Basic/);
  t.notMatch(camera.requests.join(), /me@|me:/, 'the request line names no user');
  await t.rejects(ask(camera.port), { code: 'CAMERA_OPEN', message: /wants a user/ });
});

t.test('a wrong password is told as such, after one attempt with it', async (t) => {
  const camera = await scriptedCamera(t, (_request, socket) => {
    socket.write(rtspAnswer('401 Unauthorized', ['WWW-Authenticate: Basic realm="c"']));
  });
  await t.rejects(ask(camera.port, 'me:secret@'), { code: 'CAMERA_OPEN', message: /refuses the user/ });
  t.equal(camera.requests.length, 2);
  const odd = await scriptedCamera(t, (_request, socket) => {
    socket.write(rtspAnswer('401 Unauthorized', ['WWW-Authenticate: Bearer']));
  });
  await t.rejects(ask(odd.port, 'me:secret@'), { message: /a kind of password that is not known/ });
});

t.test('whatever is wrong has its own sentence', async (t) => {
  const cases: [name: string, answer: string, message: RegExp][] = [
    ['no such stream', rtspAnswer('404 Not Found'), /no such stream/],
    ['no room', rtspAnswer('453 Not Enough Bandwidth'), /no room/],
    ['an error', rtspAnswer('500 Oops'), /answers 500 "Oops"/],
    ['no video', rtspAnswer('200 OK', [], 'm=audio 0 RTP/AVP 0\r\n'), /offers no video/],
    ['no body', rtspAnswer('200 OK'), /offers no video/],
    ['binary', '\u0000\u0001\u0002\u0003', /does not speak RTSP/],
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n', /does not speak RTSP/],
    ['a huge answer', `RTSP/1.0 200 OK\r\nX: ${'x'.repeat(300_000)}`, /does not speak RTSP/],
    ['a huge body', 'RTSP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n', /does not speak RTSP/],
  ];
  for (const [name, answer, message] of cases) {
    const camera = await scriptedCamera(t, (request, socket) => {
      socket.write(request.startsWith('OPTIONS') ? rtspAnswer('501 Not Implemented') : answer);
    });
    await t.rejects(ask(camera.port), { code: 'CAMERA_OPEN', message }, name);
    await until(() => camera.connections.open === 0);
  }
});

t.test('a stream that went elsewhere, or has no name for its format, is left to GStreamer', async (t) => {
  for (const answer of [
    rtspAnswer('302 Moved', ['Location: rtsp://elsewhere/x']),
    rtspAnswer('200 OK', [], 'm=video 0 RTP/AVP 96\r\n'),
  ]) {
    const camera = await scriptedCamera(t, (request, socket) => {
      socket.write(request.startsWith('OPTIONS') ? rtspAnswer('200 OK') : answer);
    });
    t.same(await ask(camera.port), { encoding: undefined });
  }
});

t.test('who gives no answer, half of one, or hangs up is not waited for', async (t) => {
  const silent = await scriptedCamera(t, () => {});
  await t.rejects(ask(silent.port, '', { answerMs: 30 }), {
    code: 'CAMERA_OPEN',
    message: /gives no answer within 0.03 s/,
  });
  const slow = await scriptedCamera(t, (request, socket) => {
    if (request.startsWith('OPTIONS')) socket.write(rtspAnswer('200 OK'));
  });
  await t.rejects(
    ask(slow.port, '', { answerMs: 30 }),
    { message: /gives no answer within 0.06 s/ },
    'whoever is alive may take longer to start the stream',
  );
  const half = await scriptedCamera(t, (_request, socket) => socket.write('RTSP/1.0 200 OK\r\nX: '));
  await t.rejects(ask(half.port, '', { answerMs: 30 }), { message: /gives no answer/ });
  const short = await scriptedCamera(t, (_request, socket) => socket.end('RTSP/1.0 200'));
  await t.rejects(ask(short.port), { message: /ended the connection without an answer/ });
  const rude = await scriptedCamera(t, (_request, socket) => socket.resetAndDestroy());
  await t.rejects(ask(rude.port), { message: /broke off/ });
  await until(() => silent.connections.open === 0 && half.connections.open === 0);
});

t.test('nobody there, and no name', async (t) => {
  await t.rejects(ask(await freePort()), { code: 'CAMERA_OPEN', message: /was refused/ });
  const nowhere = askRtsp('rtsp://no-such-host.invalid/x', { clock: systemClock, signal: never });
  await t.rejects(nowhere, { code: 'CAMERA_OPEN', message: /host name/ });
});

t.test('a question ends with its asker', async (t) => {
  const camera = await scriptedCamera(t, () => controller.abort(new Error('over')));
  const controller = new AbortController();
  const url = `rtsp://127.0.0.1:${camera.port}/`;
  await t.rejects(askRtsp(url, { clock: systemClock, signal: controller.signal }), { message: 'over' });
  await until(() => camera.connections.open === 0);
  await t.rejects(askRtsp(url, { clock: systemClock, signal: controller.signal }), { message: 'over' });
  t.equal(camera.connections.taken, 1);
});
