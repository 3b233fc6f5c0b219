import t from 'tap';
import { decodingChain, requireElements, sourceHead } from '../../dist/capture/source-head.js';
import type { Source } from '../../dist/core/source.js';

const everything = { has: () => true };
const head = (source: Source) => sourceHead(source, everything);
const RTSP: Source = { kind: 'rtsp', url: 'rtsp://u:p@h/x', transport: 'tcp', latencyMs: 150 };

t.test('every kind of source begins with its element and ends in a link', (t) => {
  const cases: [Source, RegExp][] = [
    [{ kind: 'file', path: '/a b.mp4' }, /^filesrc location=\\".* ! decodebin .* :$/],
    [{ kind: 'v4l2', device: '/dev/video0' }, /^v4l2src device=\/dev\/video0 .* ! decodebin .* :$/],
    [RTSP, /^rtspsrc location=rtsp:\/\/u:p@h\/x .* : capsfilter .*media=video.* ! decodebin .* :$/],
    [{ kind: 'csi', sensorId: 1 }, /^nvarguscamerasrc sensor-id=1 ! video\/x-raw\(memory:NVMM\).* !$/],
    [
      { kind: 'http', url: 'http://h/m' },
      /^souphttpsrc location=http:\/\/h\/m .*multipartdemux .* : jpegdec !$/,
    ],
    [
      { kind: 'test', pattern: 'ball' },
      /^videotestsrc is-live=true pattern=ball ! .*width=640,height=480,framerate=30\/1 !$/,
    ],
    [
      { kind: 'shapes', width: 641, height: 480, fps: 15, seed: 1, cutSeconds: 8, plain: false },
      /^appsrc name=detectd_source is-live=true .*do-timestamp=true caps=".*RGB,width=641,height=480,framerate=15\/1" !$/,
    ],
    [{ kind: 'gst', pipeline: 'videotestsrc ! identity' }, /^videotestsrc ! identity !$/],
  ];
  for (const [source, expected] of cases) t.match(head(source), expected, source.kind);
  t.end();
});

t.test('what a source delivers is counted before it is decoded, where there is something to decode', (t) => {
  const counted = ({ kind }: Source) => ['rtsp', 'v4l2', 'http'].includes(kind);
  const sources: Source[] = [
    RTSP,
    { kind: 'v4l2', device: '/dev/video0' },
    { kind: 'http', url: 'http://h/m' },
    { kind: 'csi', sensorId: 1 },
    { kind: 'file', path: '/x' },
    { kind: 'test', pattern: 'ball' },
  ];
  for (const source of sources)
    t.equal(/ ! identity name=detectd_arrived ! /.test(head(source)), counted(source), source.kind);
  t.notMatch(sourceHead(RTSP, { has: (name) => name !== 'identity' }), /detectd_arrived/);
  t.end();
});

t.test(
  'what is known of a stream names its elements one by one; audio and other tracks are left alone',
  (t) => {
    const board = { has: () => true };
    const cpu = { has: (name: string) => !name.startsWith('nv') };
    const video = 'capsfilter caps="application/x-rtp,media=video,encoding-name=H264"';
    const chain = (decoder: string) =>
      ` : ${video} ! identity name=detectd_arrived ! rtph264depay ! h264parse ! ${decoder} !`;
    t.ok(sourceHead(RTSP, board, { codec: 'h264' }).endsWith(chain('nvv4l2decoder')));
    t.ok(sourceHead(RTSP, board, { codec: 'h264', software: true }).endsWith(chain('avdec_h264')));
    t.ok(sourceHead(RTSP, cpu, { codec: 'h264' }).endsWith(chain('avdec_h264')));
    t.notMatch(sourceHead(RTSP, cpu, { codec: 'h264' }), /decodebin/);
    const device = { kind: 'v4l2', device: '/dev/video0' } as const;
    const cases: [Parameters<typeof sourceHead>[0], Parameters<typeof sourceHead>[2], RegExp][] = [
      [device, { codec: 'mjpeg' }, / ! image\/jpeg ! identity [^!]* ! jpegdec !$/],
      [device, { codec: 'raw' }, /do-timestamp=true ! video\/x-raw !$/],
      [device, { codec: 'h264' }, / ! video\/x-h264 ! identity [^!]* ! h264parse ! nvv4l2decoder /],
      [
        { kind: 'http', url: 'http://h/m' },
        { codec: 'other' },
        /keep-alive=false ! identity [^!]* ! decodebin /,
      ],
      [RTSP, { codec: 'other' }, /media=video" ! identity [^!]* ! decodebin /],
    ];
    for (const [source, facts, expected] of cases) t.match(sourceHead(source, board, facts), expected);
    t.match(
      sourceHead(RTSP, { has: (name) => name !== 'h265parse' }, { codec: 'h265' }),
      /decodebin/,
      'what this machine has no elements for is left to GStreamer',
    );
    t.match(decodingChain(RTSP, board, { codec: 'vp8', software: true }), {
      decoder: 'vp8dec',
      instead: 'nvv4l2decoder',
    });
    t.equal(decodingChain(RTSP, board), undefined);
    t.end();
  },
);

t.test('test patterns take size and rate', (t) => {
  t.match(
    head({ kind: 'test', pattern: 'snow', width: 320, height: 200, fps: 5 }),
    /width=320,height=200,framerate=5\/1/,
  );
  t.end();
});

t.test('only video is decoded', (t) => {
  for (const source of [{ kind: 'file', path: '/a' } as Source, RTSP]) {
    t.match(head(source), /decodebin caps="video\/x-raw\(ANY\)" expose-all-streams=false/);
  }
  t.end();
});

t.test('RTSP over UDP may fall back to TCP, over TCP stays there, and both give up in time', (t) => {
  t.match(head(RTSP), /protocols=tcp latency=150 drop-on-latency=true timeout=\d+ tcp-timeout=\d+/);
  t.match(head({ ...RTSP, transport: 'udp' }), /protocols=udp\+tcp/);
  t.end();
});

t.test("late pads in a user's pipeline are linked at every play", (t) => {
  const cases: [string, string][] = [
    ['filesrc location=/a ! decodebin ! videoflip', 'filesrc location=/a ! decodebin : videoflip !'],
    ['filesrc location="/a ! b" ! decodebin', 'filesrc location="/a ! b" ! decodebin :'],
    ['uridecodebin3 uri=rtsp://h/x', 'uridecodebin3 uri=rtsp://h/x :'],
    [
      'rtspsrc location="rtsp://h/x y" latency=1 ! rtph264depay',
      'rtspsrc location="rtsp://h/x y" latency=1 : rtph264depay !',
    ],
    [
      'filesrc location=a ! qtdemux ! h264parse ! avdec_h264',
      'filesrc location=a ! qtdemux : h264parse ! avdec_h264 !',
    ],
    [
      'rtspsrc location=r ! application/x-rtp,media=video ! rtph264depay',
      'rtspsrc location=r ! application/x-rtp,media=video ! rtph264depay !',
    ],
    ['v4l2src ! video/x-raw,width=640', 'v4l2src ! video/x-raw,width=640 !'],
    ['decodebinx ! mydemuxer', 'decodebinx ! mydemuxer !'],
  ];
  for (const [pipeline, expected] of cases) t.equal(head({ kind: 'gst', pipeline }), expected);
  t.end();
});

t.test('a missing element is named with the package that has it', (t) => {
  const without = (name: string) => ({ has: (other: string) => other !== name });
  t.throws(() => sourceHead(RTSP, without('rtspsrc')), {
    code: 'GSTREAMER_MISSING',
    message: 'GStreamer lacks rtspsrc.',
    hint: /gstreamer1\.0-plugins-good/,
  });
  t.throws(() => sourceHead({ kind: 'csi', sensorId: 0 }, without('nvarguscamerasrc')), {
    message: /nvarguscamerasrc/,
    hint: /Jetson/,
  });
  t.throws(() => requireElements({ has: () => false }, ['videorate']), {
    message: /videorate/,
    hint: /plugins-base/,
  });
  t.doesNotThrow(() => requireElements(everything, ['videorate']));
  t.end();
});
