import t from 'tap';
import { parseSessionDescription } from '../../dist/capture/session-description.js';

const HEAD = 'v=0\r\no=- 1 1 IN IP4 10.0.0.7\r\ns=x\r\nt=0 0\r\n';

t.test('tracks come in their order, each with the name of its format', (t) => {
  const text =
    `${HEAD}m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n` +
    'm=video 0 RTP/AVP 96\r\na=control:track1\r\na=rtpmap:96 h264/90000\r\na=fmtp:96 packetization-mode=1\r\n' +
    'm=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n';
  t.same(parseSessionDescription(text), [
    { media: 'audio', encoding: 'PCMU' },
    { media: 'video', encoding: 'H264' },
    { media: 'application', encoding: 'VND.ONVIF.METADATA' },
  ]);
  t.same(parseSessionDescription(text.replaceAll('\r\n', '\n')).length, 3, 'with bare line ends');
  t.end();
});

t.test('formats with a fixed number need no name; of several the first counts', (t) => {
  t.same(parseSessionDescription('m=video 0 RTP/AVP 26\r\n'), [{ media: 'video', encoding: 'JPEG' }]);
  const two = 'm=video 0 RTP/AVP 97 96\r\na=rtpmap:96 H264/90000\r\na=rtpmap:97 H265/90000\r\n';
  t.same(parseSessionDescription(two), [{ media: 'video', encoding: 'H265' }]);
  t.same(parseSessionDescription('m=video 0 RTP/AVP 96\r\n'), [{ media: 'video', encoding: undefined }]);
  t.end();
});

t.test('whatever comes instead of a description holds no tracks, or few', (t) => {
  for (const text of [
    '',
    'm=',
    'm=video',
    '<html>',
    '\0\0\0',
    'a=rtpmap:96 H264/90000',
    'm=video 0 RTP/AVP\r\n',
  ]) {
    t.same(parseSessionDescription(text), [], JSON.stringify(text));
  }
  t.equal(parseSessionDescription('m=video 0 RTP/AVP 96\n'.repeat(100_000)).length, 64);
  const hostile = `m=video 0 RTP/AVP 96\na=rtpmap:96 ${'x'.repeat(1000)}/90000\na=rtpmap:96 a";b=c/1\n`;
  t.same(parseSessionDescription(hostile), [{ media: 'video', encoding: undefined }]);
  t.end();
});
