import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import {
  argusFault,
  captureFault,
  decoderFault,
  endFault,
  hungCheckFault,
  sourceLabel,
  stallFault,
} from '../../dist/capture/capture-fault.js';
import type { Source } from '../../dist/core/source.js';

const RTSP: Source = { kind: 'rtsp', url: 'rtsp://u:secret@h/x', transport: 'tcp', latencyMs: 1 };
const V4L2: Source = { kind: 'v4l2', device: '/dev/video7' };
const FILE: Source = { kind: 'file', path: '/srv/a.avi' };
const ALL: Source[] = [
  RTSP,
  V4L2,
  FILE,
  { kind: 'csi', sensorId: 2 },
  { kind: 'http', url: 'http://u:secret@h/x?token=secret' },
  { kind: 'test', pattern: 'ball' },
  { kind: 'shapes', width: 64, height: 64, fps: 5, seed: 1, cutSeconds: 0, plain: false },
  { kind: 'gst', pipeline: 'rtspsrc user-pw=secret' },
];

t.test('the code tells opening from losing, and files from cameras', (t) => {
  t.equal(captureFault(RTSP, 'x', false).code, 'CAMERA_OPEN');
  t.equal(captureFault(RTSP, 'x', true).code, 'CAMERA_LOST');
  t.equal(captureFault(FILE, 'x', true).code, 'VIDEO_UNREADABLE');
  t.equal(endFault(FILE, false).code, 'VIDEO_UNREADABLE');
  t.match(endFault(RTSP, true), { code: 'CAMERA_LOST', message: /stream ended/ });
  t.match(stallFault(V4L2, 10_000, false), {
    code: 'CAMERA_OPEN',
    message: /video7: no picture came for 10 s/,
  });
  t.match(decoderFault(RTSP, 2500), { code: 'CAMERA_DECODER', message: /no picture came for 2\.5 s/ });
  t.notMatch(decoderFault(RTSP, 2500).message, /secret/);
  t.match(hungCheckFault(V4L2, 10_000), { code: 'CAMERA_OPEN', message: /video7: the system has not said/ });
  t.end();
});

t.test('known messages get their own cure', (t) => {
  const cases: [Source, string, RegExp][] = [
    [RTSP, 'Could not open resource. Unauthorized (401)', /password/],
    [RTSP, 'Not found (404)', /path/],
    [RTSP, 'Could not resolve server name', /host name/],
    [RTSP, 'Failed to connect. (Generic error)', /reachable/],
    [RTSP, 'Your GStreamer installation is missing a plug-in.', /Install/],
    [V4L2, "Device '/dev/video7' is busy", /fuser/],
    [{ kind: 'csi', sensorId: 0 }, 'Failed to create CaptureSession', /nvargus-daemon/],
    [FILE, 'Could not demultiplex stream.', /gst-play/],
  ];
  for (const [source, text, hint] of cases) t.match(captureFault(source, text, false).hint, hint, text);
  t.end();
});

t.test('every source has a label and a cure, and no secret shows', (t) => {
  for (const source of ALL) {
    const error = captureFault(source, 'Could not open rtsp://u:secret@h/x', false);
    t.ok(error.hint, source.kind);
    t.notMatch(`${sourceLabel(source)} ${error.message} ${error.hint}`, /secret/, source.kind);
  }
  t.end();
});

t.test('Argus is known by what it says, or by failing again and again', (t) => {
  const csi = { kind: 'csi', sensorId: 1 } as const;
  const silent = stallFault(csi, 12_000, false);
  t.equal(argusFault(csi, silent, 2), silent);
  t.match(argusFault(csi, silent, 3), {
    code: 'CAMERA_ARGUS',
    message: /CSI camera 1: .*no picture came for 12 s \(3 attempts in a row\)\.$/,
    hint: /systemctl restart nvargus-daemon/,
  });
  const said = captureFault(csi, 'Failed to create CaptureSession', true);
  t.match(argusFault(csi, said, 0), { code: 'CAMERA_ARGUS', message: /CaptureSession\.$/ });
  t.equal(argusFault(RTSP, silent, 9), silent, 'no other camera is its');
  const missing = new DetectdError('GSTREAMER_MISSING', 'nvarguscamerasrc is not there');
  t.equal(argusFault(csi, missing, 9), missing);
  t.end();
});

t.test('a message is one sentence of bounded length', (t) => {
  t.match(captureFault(RTSP, '', false).message, /gave no reason\.$/);
  const long = captureFault(RTSP, `a\nb\t${'x'.repeat(10_000)}`, false).message;
  t.ok(long.length < 500);
  t.notMatch(long, /\n/);
  t.end();
});
