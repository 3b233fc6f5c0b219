import t from 'tap';
import { maskSecrets, property } from '../../dist/capture/launch-syntax.js';

t.test('plain values stay readable', (t) => {
  t.equal(property('location', '/srv/clips/gate-1.mp4'), 'location=/srv/clips/gate-1.mp4');
  t.equal(property('location', 'rtsp://h:554/a?b=c&d=%20'), 'location=rtsp://h:554/a?b=c&d=%20');
  t.equal(property('latency', 200), 'latency=200');
  t.equal(property('sync', false), 'sync=false');
  t.end();
});

// That GStreamer reads these back unchanged is tried with the real one in test/e2e.
t.test('nothing in a value can end it or become syntax', (t) => {
  for (const value of [
    'a b',
    'a ! fakesink',
    '"',
    "'",
    '\\',
    'a\\',
    'a\nb',
    '',
    '(x)',
    'a,b',
    '日本',
    '{',
    '$X',
  ]) {
    const text = property('location', value);
    t.match(text, /^location=\\".*\\"$/, JSON.stringify(value));
    t.notMatch(text, /[^\x21-\x7e ]/, 'printable ASCII only');
    const bare = text.replace(/\\\\\\./g, '').replace(/\\["\\]/g, '');
    t.notMatch(bare, /[\s"'!\\(){},$]/, `every special character of ${JSON.stringify(value)} is escaped`);
  }
  t.end();
});

t.test('a NUL character is refused', (t) => {
  t.throws(() => property('location', 'a\0b'), { code: 'PIPELINE_INVALID', message: /location/ });
  t.end();
});

t.test('credentials are masked wherever they stand in a text', (t) => {
  const cases: [string, string][] = [
    ['rtsp://u:p@h/x', 'rtsp://***@h/x'],
    ['Could not open rtsp://admin:a/b?c@h:554/x now', 'Could not open rtsp://***@h:554/x now'],
    ['http://h/x?user=a&password=b&n=1', 'http://h/x?user=a&password=***&n=1'],
    [
      'rtspsrc location=rtsp://h/x user-id=me user-pw="a b" ! fakesink',
      'rtspsrc location=rtsp://h/x user-id=*** user-pw=*** ! fakesink',
    ],
    ['http://h/x?token=abc;k=1', 'http://h/x?token=***;k=1'],
    ['rtsp://h/x', 'rtsp://h/x'],
    ['monkey=3', 'monkey=3'],
  ];
  for (const [text, masked] of cases) t.equal(maskSecrets(text), masked);
  t.end();
});
