/** The branch that keeps a stream: as it comes where that can be, encoded otherwise, and why not where neither can be. */
import t from 'tap';
import {
  encodedBranch,
  keepsStream,
  newRun,
  noRecording,
  RECORDER_NAME,
  recordingNote,
  streamBranch,
} from '../../dist/capture/recording-branch.js';
import { parsePiece } from '../../dist/core/recording.js';

const without = (...missing: string[]) => ({
  has: (name: string) => !name.startsWith('nv') && !missing.includes(name),
});
const cpu = without();
const board = { has: () => true };
const recording = { folder: '/run/gate', seconds: 20, run: 'a1' };

t.test('H.264 and H.265 become a transport stream, JPEGs stay what they are', (t) => {
  for (const codec of ['h264', 'h265']) {
    t.ok(keepsStream(codec, cpu));
    t.match(
      streamBranch(recording, codec),
      new RegExp(
        `${codec}parse [^!]*config-interval=-1 ! mpegtsmux [^!]* ! multifilesink .*/run/gate/a1-%06d.ts `,
      ),
    );
  }
  t.ok(keepsStream('mjpeg', without('mpegtsmux')));
  t.match(streamBranch(recording, 'mjpeg'), /leaky=downstream ! multifilesink .*\/run\/gate\/a1-%06d\.mjpg /);
  for (const codec of ['vp8', 'vp9', 'raw', 'mpeg4', 'constructor', undefined])
    t.notOk(keepsStream(codec, cpu), String(codec));
  t.notOk(keepsStream('h264', without('errorignore')), 'a fault of the branch would be one of the camera');
  t.end();
});

t.test('the branch can neither hold back nor end the rest', (t) => {
  for (const text of [streamBranch(recording, 'h264'), encodedBranch(recording, 10, cpu) ?? '']) {
    t.match(text, /^errorignore ! queue [^!]*leaky=downstream ! /);
    t.match(text, /max-files=30 sync=false async=false/, 'GStreamer bounds it by itself');
    const named = text.split(' ! ').filter((element) => !/^(errorignore|videoconvert|video\/)/.test(element));
    for (const element of named) t.match(element, new RegExp(`name=${RECORDER_NAME}`), element);
  }
  t.end();
});

t.test('a folder of any name reaches the sink as it is', (t) => {
  const text = streamBranch({ ...recording, folder: '/srv/50% of "it" ! fakesink' }, 'h264');
  t.notMatch(text, / ! fakesink/);
  t.match(text, /50\\\\\\%\\\\\\%/, 'no part of the pattern of names');
  t.end();
});

t.test('pictures are encoded by the best that there is, with a whole one every other second', (t) => {
  t.match(encodedBranch(recording, 30, board), /nvvidconv ! .*nvv4l2h264enc [^!]*iframeinterval=30/);
  t.match(encodedBranch(recording, 5, cpu), /x264enc [^!]*key-int-max=10 /);
  t.match(encodedBranch(recording, 0.1, without('x264enc')), /openh264enc [^!]*gop-size=1 /);
  t.equal(encodedBranch(recording, 5, without('x264enc', 'openh264enc')), undefined);
  t.equal(encodedBranch(recording, 5, without('mpegtsmux')), undefined);
  t.end();
});

t.test('what is encoded is said, and why nothing is recorded', (t) => {
  t.equal(recordingNote('h264', cpu), undefined);
  t.match(recordingNote('vp8', cpu), /encoding VP8 in H\.264 with x264enc/);
  t.match(recordingNote(undefined, board), /nvv4l2h264enc/);
  t.match(
    recordingNote('raw', without('x264enc', 'openh264enc')),
    /not recorded: GStreamer lacks an encoder/,
  );
  t.match(noRecording(without('errorignore', 'mpegtsmux')), {
    code: 'RECORDING_UNAVAILABLE',
    message: 'GStreamer lacks errorignore, mpegtsmux.',
  });
  t.end();
});

t.test('no two pipelines have the same name for their pieces', (t) => {
  const runs = new Set(Array.from({ length: 100 }, () => newRun({ wallMs: () => 1_763_900_000_000 })));
  t.equal(runs.size, 100);
  for (const run of runs) t.match(parsePiece(`${run}-000000.ts`), { run });
  t.end();
});
