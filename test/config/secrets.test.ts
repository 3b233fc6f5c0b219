/** What may be printed of texts that hold secrets. */
import t from 'tap';
import { maskSecrets, maskUrl, secretsInUrls } from '../../dist/config/secrets.js';

t.test('passwords inside addresses and pipelines are replaced', (t) => {
  const texts: [string, string][] = [
    ['mqtt://joe:secret@h:1883', 'mqtt://joe:***@h:1883'],
    ['rtsp://:secret@h/a', 'rtsp://:***@h/a'],
    ['rtsp://joe:p@ss@h/a', 'rtsp://joe:***@h/a'],
    ['open rtsp://a:b@h/x and http://c:d@i/y failed', 'open rtsp://a:***@h/x and http://c:***@i/y failed'],
    ['http://h/v?user=u&password=secret&x=1', 'http://h/v?user=u&password=***&x=1'],
    ['http://h/v?access_token=abc', 'http://h/v?access_token=***'],
    [
      'gst:rtspsrc location=rtsp://h user-id=joe user-pw=secret ! x',
      'gst:rtspsrc location=rtsp://h user-id=joe user-pw=*** ! x',
    ],
    ['souphttpsrc user-pw="a b" ! x', 'souphttpsrc user-pw=*** ! x'],
    ['rtsp://10.0.0.7/main', 'rtsp://10.0.0.7/main'],
    ['rtsp://joe@10.0.0.7:554/main', 'rtsp://joe@10.0.0.7:554/main'],
    ['12:30 mail a@b', '12:30 mail a@b'],
  ];
  for (const [text, masked] of texts) t.equal(maskUrl(text), masked);
  t.end();
});

t.test('known secrets are replaced wherever they stand, the longest first', (t) => {
  t.equal(maskSecrets('got hunter22!', ['hunter', 'hunter22']), 'got ***!');
  t.equal(maskSecrets('$& hunter22 $1', ['hunter22']), '$& *** $1');
  t.equal(maskSecrets('1 camera is on', ['1', 'on']), '1 camera is on');
  t.equal(maskSecrets('mqtt://a:b@h', []), 'mqtt://a:***@h');
  t.end();
});

t.test('the passwords of addresses are found as written and decoded', (t) => {
  t.strictSame(secretsInUrls('rtsp://a:x%40y@h mqtt://b:c@h'), ['x%40y', 'x@y', 'c']);
  t.strictSame(secretsInUrls('rtsp://a:100%@h'), ['100%']);
  t.strictSame(secretsInUrls('rtsp://a:@h rtsp://h'), []);
  t.end();
});

t.test('masking takes no longer than the text is long', (t) => {
  const text = ['rtsp://a:', '?token=', 'a', '?pass', 'user-'].map((part) => part.repeat(100_000)).join('');
  t.type(maskSecrets(text, ['secret']), 'string');
  t.end();
});
