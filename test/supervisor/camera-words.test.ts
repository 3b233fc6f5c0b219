/** What was said of each camera last. */
import t from 'tap';
import { CameraWords } from '../../dist/supervisor/camera-words.js';
import { frameResult } from '../helpers/frame-result.js';

const result = (camera: string, capturedAtUs: number) =>
  ({ type: 'result', result: frameResult({ camera, capturedAtUs }) }) as const;

t.test(
  'a picture that is older than one that was told is not told; those of other cameras are',
  async (t) => {
    const words = new CameraWords();
    t.ok(words.admits(result('gate', 5000)));
    t.notOk(words.admits(result('gate', 4000)));
    t.ok(words.admits(result('gate', 5000)));
    t.ok(words.admits(result('yard', 4000)));
    words.keep(new Set(['yard']));
    t.ok(words.admits(result('gate', 4000)), 'a camera that is new begins anew');
    t.notOk(words.admits(result('yard', 3000)));
  },
);

t.test('the last report of each camera counts', async (t) => {
  const words = new CameraWords();
  const report = { camera: 'gate', state: 'offline', reconnects: 0, stuck: true } as const;
  words.admits({ type: 'camera', report });
  words.admits({ type: 'camera', report: { ...report, camera: 'yard', stuck: false } });
  t.strictSame(words.stuck(), ['gate']);
  t.equal(words.reports().length, 2);
  words.admits({ type: 'camera', report: { ...report, stuck: false } });
  t.strictSame(words.stuck(), []);
  words.workerGone();
  t.strictSame(words.reports(), []);
});
