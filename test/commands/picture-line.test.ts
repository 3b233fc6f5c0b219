/** The lines that `detect` prints. */
import t from 'tap';
import { jsonLine, textLine } from '../../dist/commands/picture-line.js';
import type { Detection } from '../../dist/core/detection.js';
import type { PictureResult } from '../../dist/ipc/detect-protocol.js';

function found(label: string, labelId = 0): Detection {
  return { label, labelId, score: 0.123456, box: { x1: 1.23456, y1: -2, x2: 3, y2: 4.0004 } };
}

const result: PictureResult = {
  index: 7,
  width: 640,
  height: 480,
  detections: [found('dog', 16), found('person'), found('person')],
  timings: { read: 1.234, infer: 12.345, decode: 0.001 },
};

t.test('JSON has the promised keys in their order, rounded to what means something', async (t) => {
  const line = jsonLine({ path: 'a "b".jpg', kind: 'image' }, { ...result, detections: [found('dog', 16)] });
  t.equal(
    line,
    '{"image":"a \\"b\\".jpg","width":640,"height":480,"detections":[{"label":"dog","label_id":16,' +
      '"score":0.12346,"box":[1.235,-2,3,4]}],"timings_ms":{"read":1.23,"infer":12.35,"decode":0}}',
  );
});

t.test('pictures of a video carry their number', async (t) => {
  const line = jsonLine({ path: 'v.mp4', kind: 'video' }, result);
  t.strictSame(Object.keys(JSON.parse(line)).slice(0, 3), ['image', 'frame', 'width']);
  t.equal(JSON.parse(line).frame, 7);
});

t.test('a sliced picture says into how many tiles', async (t) => {
  const line = JSON.parse(jsonLine({ path: 'a.jpg', kind: 'image' }, { ...result, tiles: 32 }));
  t.strictSame(Object.keys(line), ['image', 'width', 'height', 'tiles', 'detections', 'timings_ms']);
  t.equal(line.tiles, 32);
});

t.test('people read what was found, the most frequent first', async (t) => {
  t.equal(textLine({ path: 'a.jpg', kind: 'image' }, result), 'a.jpg 640×480: 2 person, 1 dog (12.3 ms)');
  t.equal(
    textLine({ path: 'v.mp4', kind: 'video' }, { ...result, detections: [] }),
    'v.mp4 frame 7 640×480: nothing found (12.3 ms)',
  );
});

t.test('neither file names nor labels reach the terminal as commands', async (t) => {
  const line = textLine(
    { path: 'a\n\x1b[2J.jpg', kind: 'image' },
    { ...result, detections: [found('\x1b]0;x\x07')] },
  );
  t.equal(line, 'a\\n\\x1b[2J.jpg 640×480: 1 \\x1b]0;x\\x07 (12.3 ms)');
});
