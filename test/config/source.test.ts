/** Every form of a camera's source, and everything that must not become part of a pipeline. */
import t from 'tap';
import { parseSource } from '../../dist/config/source.js';

const options = { rtspTransport: 'tcp', rtspLatencyMs: 200, folder: '/etc/detectd' } as const;
const parse = (text: string) => parseSource(text, options);

t.test('every form is read', (t) => {
  const forms: [string, object][] = [
    ['file:/srv/a clip.mp4', { kind: 'file', path: '/srv/a clip.mp4' }],
    ['file:clips/a.mp4', { kind: 'file', path: '/etc/detectd/clips/a.mp4' }],
    ['file:///srv/a%20clip.mp4', { kind: 'file', path: '/srv/a clip.mp4' }],
    [`file:/srv/it's "a" \\clip.mp4`, { kind: 'file', path: `/srv/it's "a" \\clip.mp4` }],
    ['v4l2:/dev/video2', { kind: 'v4l2', device: '/dev/video2' }],
    ['v4l2:/dev/v4l/by-id/usb-x_1.2:0', { kind: 'v4l2', device: '/dev/v4l/by-id/usb-x_1.2:0' }],
    ['v4l2:0', { kind: 'v4l2', device: '/dev/video0' }],
    ['csi:1', { kind: 'csi', sensorId: 1 }],
    ['http://10.0.0.8/v.mjpg?a=1&b=2', { kind: 'http', url: 'http://10.0.0.8/v.mjpg?a=1&b=2' }],
    ['https://u:p@cam.local:8443/v', { kind: 'http', url: 'https://u:p@cam.local:8443/v' }],
    ['test:ball', { kind: 'test', pattern: 'ball' }],
    [
      'test:snow?width=640&height=480&fps=5',
      { kind: 'test', pattern: 'snow', width: 640, height: 480, fps: 5 },
    ],
    ['gst:v4l2src ! videoconvert', { kind: 'gst', pipeline: 'v4l2src ! videoconvert' }],
    ['gst:videotestsrc\n  ! videoconvert\n', { kind: 'gst', pipeline: 'videotestsrc   ! videoconvert' }],
    [' v4l2:0 ', { kind: 'v4l2', device: '/dev/video0' }],
  ];
  for (const [text, source] of forms) t.strictSame(parse(text), source, text);
  const rtsp = { kind: 'rtsp', url: 'rtsps://[fe80::1]:8554/a', transport: 'udp', latencyMs: 50 };
  t.strictSame(parseSource(rtsp.url, { rtspTransport: 'udp', rtspLatencyMs: 50 }), rtsp);
  t.strictSame(parseSource('file:a.mp4', { rtspTransport: 'tcp', rtspLatencyMs: 0 }), {
    kind: 'file',
    path: 'a.mp4',
  });
  t.end();
});

t.test('a codec goes with the sources that are asked for theirs', (t) => {
  const withCodec = (text: string, codec: 'h264' | 'mjpeg') => parseSource(text, { ...options, codec });
  t.match(withCodec('rtsp://h/x', 'h264'), { kind: 'rtsp', codec: 'h264' });
  t.match(withCodec('http://h/x', 'mjpeg'), { kind: 'http', codec: 'mjpeg' });
  for (const text of ['v4l2:0', 'v4l2:/dev/video0'])
    t.match(withCodec(text, 'mjpeg'), { codec: 'mjpeg' }, text);
  t.notOk('codec' in withCodec('csi:0', 'h264'));
  t.end();
});

t.test('what could break out of a pipeline is refused', (t) => {
  const hostile = [
    'file:/a\0b',
    'file:/a\nb',
    'file:/a\u0085b',
    'file:///a%0Ab',
    'rtsp://h/a" ! filesink location="/etc/passwd',
    "rtsp://h/a' ! fakesink",
    'rtsp://h/a b',
    'rtsp://h/a\\',
    'http://h/\u001b[2J',
    'v4l2:/dev/video0 ! filesink',
    'v4l2:/dev/../etc/shadow',
    'v4l2:"',
    'csi:0 ! fakesink',
    'csi:-1',
    'test:ball ! filesink',
    'test:ball?width=1 ! x',
    'test:ball?location=/etc',
    'gst:a\0b',
    'gst:\u007f',
    `gst:${'x'.repeat(5000)}`,
  ];
  for (const text of hostile) t.throws(() => parse(text), { code: 'CONFIG_INVALID' }, JSON.stringify(text));
  t.end();
});

t.test('what is incomplete or out of range is refused with the reason', (t) => {
  const faults: [string, RegExp][] = [
    ['file:', /names no file/],
    ['file://host/share/x.mp4', /not a file address of this machine/],
    ['v4l2:', /names no video device/],
    ['v4l2:video0', /v4l2:\/dev\/video0/],
    ['csi:', /names no sensor/],
    ['rtsp:/host/x', /not an address with a host/],
    ['rtsp://', /not an address with a host/],
    ['http://h:99999/', /not an address with a host/],
    ['http:', /not an address with a host/],
    ['test:', /names no test pattern/],
    ['test:shapes?fps=0', /"fps"/],
    ['test:ball?fps=1.5', /"fps"/],
    ['gst:', /holds no pipeline/],
    ['gst:  ', /holds no pipeline/],
    ['gst:videotestsrc !', /ends with "!"/],
    ['gst:videotestsrc ! appsink name=x', /names an appsink/],
  ];
  for (const [text, message] of faults) {
    t.throws(() => parse(text), { code: 'CONFIG_INVALID', message, hint: /^Known forms: file:PATH/ }, text);
  }
  t.end();
});

t.test('an unknown form is told the form that fits', (t) => {
  const guesses: [string, string][] = [
    ['0', 'did you mean v4l2:0?'],
    ['/dev/video1', 'did you mean v4l2:/dev/video1?'],
    ['/srv/clip.mp4', 'did you mean file:/srv/clip.mp4?'],
    ['./clip.mp4', 'did you mean file:./clip.mp4?'],
    ['rtps://h/x', 'did you mean rtsp:…?'],
    ['rtspt://h/x', 'rtsp_transport'],
  ];
  for (const [text, guess] of guesses) {
    const thrown = (() => {
      try {
        return parse(text);
      } catch (error) {
        return (error as Error).message;
      }
    })();
    t.ok(String(thrown).includes(guess), `${text}: ${thrown}`);
  }
  for (const text of ['', 'udp://239.0.0.1:5000', 'constructor:x', '__proto__:x']) {
    t.throws(() => parse(text), { message: /has none of the known forms/ }, text);
  }
  t.end();
});
