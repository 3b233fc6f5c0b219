import t from 'tap';
import { MOST_REPLY_BYTES, readServerReply } from '../../dist/capture/server-reply.js';

const read = (text: string, headOnly = false) => readServerReply(Buffer.from(text), 'RTSP', headOnly);
const WHOLE = 'RTSP/1.0 200 OK\r\nCSeq: 1\r\ncontent-length:  4\r\nX: a\r\nx: b\r\n\r\nbody and more';

t.test('an answer is read when it is whole, however it arrives', (t) => {
  const whole = read(WHOLE);
  t.match(whole, { status: 200, reason: 'OK', body: 'body' });
  if (whole === 'more' || whole === 'foreign') throw new Error('not read');
  t.same(whole.headers.get('x'), ['a', 'b']);
  const end = WHOLE.indexOf('body') + 4;
  for (let length = 0; length < end; length += 1)
    t.equal(read(WHOLE.slice(0, length)), 'more', `${length} bytes`);
  t.match(read(WHOLE.slice(0, end - 4), true), { status: 200, body: '' }, 'the head alone');
  t.match(read('RTSP/1.0 404 Not Found\n\n'), { status: 404, reason: 'Not Found', body: '' });
  t.match(read('RTSP/1.0 200\r\n\r\n'), { status: 200, reason: '' });
  t.end();
});

t.test('what is no answer in this protocol is known from its first bytes', (t) => {
  const others = [
    'H',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    'SSH-2.0-x',
    '\0\u0001\u0002',
    'RTSPx',
    'rtsp/1.0 200 OK\r\n\r\n',
  ];
  for (const text of others) t.equal(read(text), 'foreign', JSON.stringify(text));
  for (const text of ['RTSP/1.0 OK\r\n\r\n', 'RTSP/1.0 2000 OK\r\n\r\n', 'RTSP/ 200 OK\r\n\r\n']) {
    t.equal(read(text), 'foreign', JSON.stringify(text));
  }
  t.end();
});

t.test('an answer without bounds is none', (t) => {
  const head = (length: string) => `RTSP/1.0 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
  for (const length of ['-1', 'x', '1e99', '1.5', String(MOST_REPLY_BYTES)])
    t.equal(read(head(length)), 'foreign', length);
  t.equal(read(`RTSP/1.0 200 OK\r\nX: ${'x'.repeat(MOST_REPLY_BYTES)}`), 'foreign');
  t.match(read(head('9'.repeat(400)), true), { status: 200 }, 'a stream has none');
  t.end();
});
