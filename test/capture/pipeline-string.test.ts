import t from 'tap';
import {
  type CaptureTarget,
  describePipeline,
  type PipelineInput,
  pipelineString,
  recordingRemark,
} from '../../dist/capture/pipeline-string.js';
import type { Source } from '../../dist/core/source.js';

const cpu = { has: (name: string) => !name.startsWith('nv') };
const board = { has: () => true };
const FILE: Source = { kind: 'file', path: '/srv/clip.mp4' };
const RTSP: Source = { kind: 'rtsp', url: 'rtsp://u:secret@h/x', transport: 'tcp', latencyMs: 200 };
const SCALED: CaptureTarget = { kind: 'scaled', width: 416, height: 320, format: 'RGB' };
const input = (change: Partial<PipelineInput> = {}): PipelineInput => ({
  source: RTSP,
  target: SCALED,
  everyFrame: false,
  ...change,
});

t.test('the processor scales, then converts, to exactly the wanted pictures', (t) => {
  t.match(
    pipelineString(input(), cpu),
    / ! videoscale add-borders=false ! videoconvert ! video\/x-raw,format=RGB,width=416,height=320 ! /,
  );
  t.end();
});

t.test('on a board hardware does both, to RGBA', (t) => {
  const text = pipelineString(input({ target: { ...SCALED, format: 'RGBA' } }), board);
  t.match(text, / ! nvvidconv [^!]* ! video\/x-raw,format=RGBA,width=416,height=320 ! /);
  t.notMatch(text, /videoconvert|videoscale/);
  t.match(
    pipelineString(input(), board),
    / ! nvvidconv [^!]* ! video\/x-raw,format=RGBA,width=416,height=320 ! videoconvert ! video\/x-raw,format=RGB ! /,
    'RGB costs one more conversion',
  );
  t.end();
});

t.test('live sources keep the newest picture only', (t) => {
  const text = pipelineString(input(), cpu);
  t.match(text, /queue max-size-buffers=1 max-size-bytes=0 max-size-time=0 leaky=downstream/);
  t.match(text, /name=detectd_sink .*sync=false drop=true max-buffers=1/);
  t.end();
});

t.test('files play in real time, or without loss in every-frame mode', (t) => {
  const realTime = pipelineString(input({ source: FILE }), cpu);
  t.match(realTime, /name=detectd_sink [^!]*sync=true drop=true max-buffers=1/);
  const every = pipelineString(input({ source: FILE, everyFrame: true }), cpu);
  t.match(every, /name=detectd_sink [^!]*sync=false drop=false max-buffers=3/);
  for (const text of [realTime, every]) t.notMatch(text, /leaky/);
  t.match(pipelineString(input({ everyFrame: true }), cpu), /drop=true/, 'a live source cannot wait');
  t.end();
});

t.test('drawn pictures all come out, in their order, whatever the cap', (t) => {
  const source: Source = {
    kind: 'shapes',
    width: 640,
    height: 480,
    fps: 30,
    seed: 1,
    cutSeconds: 8,
    plain: false,
  };
  const bare = { has: (name: string) => cpu.has(name) && name !== 'videorate' };
  for (const target of [SCALED, { kind: 'source-size', format: 'RGB' } as const]) {
    const text = pipelineString(input({ source, fps: 5, target }), bare);
    t.match(text, /^appsrc name=detectd_source /);
    t.match(text, /name=detectd_sink [^!]*sync=false drop=false max-buffers=1/);
    t.notMatch(text, /leaky|videorate|queue/);
  }
  t.end();
});

t.test('the frame rate cap is a range of exact fractions', (t) => {
  const cap = (fps: number) =>
    /framerate=\(fraction\)\[0\/1,([^\]]*)\]/.exec(pipelineString(input({ fps }), cpu))?.[1];
  t.same([10, 7.5, 0.5, 1000, 12.345, 0.0001].map(cap), [
    '10/1',
    '15/2',
    '1/2',
    '1000/1',
    '2469/200',
    '1/1000',
  ]);
  t.match(
    pipelineString(input({ fps: 10 }), cpu),
    / capssetter [^!]*framerate=\(fraction\)1000\/1" ! videorate drop-only=true ! /,
    'behind a nominal rate, without which it may end the process',
  );
  t.notMatch(pipelineString(input(), cpu), /videorate/);
  t.end();
});

t.test('scaled pictures have a second sink before the scaler, for the size of the source', (t) => {
  const text = pipelineString(input(), cpu);
  t.match(
    text,
    /tee name=detectd_tee ! videoscale .* detectd_tee\. ! appsink name=detectd_size sync=false async=false drop=true max-buffers=1 wait-on-eos=false/,
  );
  const whole = pipelineString(input({ target: { kind: 'source-size', format: 'RGB' } }), cpu);
  t.notMatch(whole, /tee|detectd_size|videoscale|width=/);
  t.match(whole, / ! videoconvert ! video\/x-raw,format=RGB ! /);
  t.end();
});

t.test('caps fields that would leak are made plain, where the element for it exists', (t) => {
  t.match(
    pipelineString(input(), cpu),
    / ! capssetter [^!]*framerate=\(string\)any[^!]* ! appsink name=detectd_sink/,
  );
  const bare = { has: (name: string) => cpu.has(name) && name !== 'capssetter' };
  t.notMatch(pipelineString(input({ fps: 5 }), bare), /capssetter/);
  t.end();
});

t.test('packets that come by UDP are looked at before anything is made of them', (t) => {
  const udp: Source = { ...RTSP, transport: 'udp' };
  const text = pipelineString(input({ source: udp }), cpu);
  t.match(text, / ! identity name=detectd_arrived ! tee name=detectd_arriving ! /);
  t.match(
    text,
    / detectd_arriving\. ! capssetter [^!]* ! appsink name=detectd_packets [^!]*async=false drop=true max-buffers=1 [^!]*$/,
  );
  const whole: CaptureTarget = { kind: 'source-size', format: 'RGB' };
  t.match(pipelineString(input({ source: udp, target: whole }), cpu), /appsink name=detectd_packets/);
  t.notMatch(pipelineString(input(), cpu), /detectd_arriving|detectd_packets/, 'TCP loses none');
  const bare = { has: (name: string) => cpu.has(name) && name !== 'capssetter' };
  t.notMatch(pipelineString(input({ source: udp }), bare), /detectd_arriving|detectd_packets/);
  t.end();
});

t.test('a missing element is named', (t) => {
  const bare = { has: (name: string) => name !== 'videorate' };
  t.throws(() => pipelineString(input({ fps: 3 }), bare), {
    code: 'GSTREAMER_MISSING',
    message: /videorate/,
  });
  t.doesNotThrow(() => pipelineString(input(), bare));
  t.end();
});

t.test('the description for people holds no secret', (t) => {
  t.match(pipelineString(input(), cpu), /secret/);
  const sources: Source[] = [
    RTSP,
    { kind: 'http', url: 'http://u:secret@h/x?password=secret' },
    { kind: 'gst', pipeline: 'rtspsrc location=rtsp://u:secret@h/x user-pw=secret ! decodebin' },
  ];
  for (const source of sources) t.notMatch(describePipeline(input({ source }), cpu), /secret/, source.kind);
  t.equal(describePipeline(input({ source: FILE }), cpu), pipelineString(input({ source: FILE }), cpu));
  t.end();
});

t.test('a source that is to be described keeps its newest picture beside the appsink, unscaled', (t) => {
  const target = { kind: 'source-size', format: 'RGB' } as const;
  const input = { source: { kind: 'file', path: '/a.mp4' }, everyFrame: true } as const;
  const plain = pipelineString({ ...input, target }, { has: () => true });
  t.notMatch(plain, /detectd_size|tee/);
  const described = pipelineString(
    { ...input, target: { ...target, described: true } },
    { has: (name) => !name.startsWith('nv') },
  );
  t.match(described, /tee name=detectd_tee ! videoconvert .* detectd_tee\. ! appsink name=detectd_size /);
  t.notMatch(described, /videoscale/);
  t.end();
});

t.test('where pictures may be wanted a shut branch makes JPEGs of what comes from the source', (t) => {
  const text = pipelineString(input({ snapshots: true }), cpu);
  t.match(
    text,
    / detectd_tee\. ! appsink name=detectd_size .* detectd_tee\. ! identity name=detectd_gate drop-probability=1 ! queue max-size-buffers=1 [^!]*leaky=downstream ! videoconvert ! jpegenc name=detectd_jpeg ! appsink name=detectd_snapshot sync=false async=false drop=true max-buffers=1 wait-on-eos=false/,
  );
  const whole = pipelineString(
    input({ snapshots: true, target: { kind: 'source-size', format: 'RGB' } }),
    cpu,
  );
  t.match(whole, /tee name=detectd_tee ! videoconvert .* detectd_tee\. ! identity name=detectd_gate /);
  t.notMatch(whole, /detectd_size/);
  t.match(
    pipelineString(input({ snapshots: true }), board),
    / ! nvvidconv ! video\/x-raw,format=I420 ! jpegenc name=detectd_jpeg /,
    'out of the memory of the board first',
  );
  const bare = { has: (name: string) => cpu.has(name) && name !== 'jpegenc' };
  t.equal(pipelineString(input({ snapshots: true }), bare), pipelineString(input(), bare));
  t.end();
});

t.test('a camera that is recorded has a branch for it, where this machine can', (t) => {
  const recording = { folder: '/run/gate', seconds: 20, run: 'a1' };
  const text = pipelineString(input({ recording }), cpu);
  t.match(text, / detectd_tee\. ! errorignore ! queue .*multifilesink name=detectd_recorder /);
  const bare = { has: (name: string) => cpu.has(name) && name !== 'errorignore' };
  t.equal(pipelineString(input({ recording }), bare), pipelineString(input(), bare));
  t.end();
});

t.test(
  'what is known to come as H.264, H.265 or JPEGs is recorded as it comes, before it is decoded',
  (t) => {
    const recording = { folder: '/run/gate', seconds: 20, run: 'a1' };
    const text = pipelineString(input({ recording, stream: { codec: 'h265' } }), cpu);
    t.match(text, /h265parse ! tee name=detectd_stream ! avdec_h265 /);
    t.match(text, / detectd_stream\. ! errorignore ! .* ! h265parse .*mpegtsmux .*multifilesink [^!]*$/);
    t.notMatch(text, /detectd_recorder_encoder/);
    const web: Source = { kind: 'http', url: 'http://h/x' };
    t.match(
      pipelineString(input({ source: web, recording }), cpu),
      /multipartdemux [^:]*: tee name=detectd_stream ! jpegdec .*a1-%06d\.mjpg/,
    );
    const vp8 = input({ recording, stream: { codec: 'vp8' } });
    t.match(pipelineString(vp8, cpu), /detectd_tee\. ! errorignore .*x264enc/, 'others are encoded');
    t.match(recordingRemark(vp8, cpu), /encoding VP8/);
    t.equal(recordingRemark(input({ recording, stream: { codec: 'h264' } }), cpu), undefined);
    t.equal(recordingRemark(input({ stream: { codec: 'vp8' } }), cpu), undefined);
    t.end();
  },
);
