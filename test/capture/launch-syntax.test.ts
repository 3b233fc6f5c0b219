import t from 'tap';
import { launchCommand, maskSecrets, property } from '../../dist/capture/launch-syntax.js';

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

t.test('a pipeline becomes a command of which the shell takes nothing for its own', (t) => {
  t.equal(
    launchCommand('a location=x&y : b caps="video/x-raw(ANY), width=1" ! c'),
    `gst-launch-1.0 a 'location=x&y' : b 'caps="video/x-raw(ANY), width=1"' ! c`,
  );
  t.equal(
    launchCommand('a ! appsink name=b sync=false drop=true max-buffers=1 t. ! appsink wait-on-eos=false'),
    'gst-launch-1.0 a ! fakesink name=b sync=false t. ! fakesink',
  );
  t.equal(launchCommand("a x='$(y)'"), "gst-launch-1.0 a 'x='\\''$(y)'\\'''");
  const words = launchCommand(`a ${property('location', "/a b'c;d.mp4")} ! b`).split(' ');
  t.equal(words.length, 5, 'a value is one word, whatever it holds');
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
