import t from 'tap';
import { LabelPeaks } from '../../dist/publish/label-peaks.js';

t.test('the most of a label in one frame is taken, then all counts anew', async (t) => {
  const peaks = new LabelPeaks();
  for (const frame of [['car', 'person', 'car'], ['person', 'person'], []]) {
    for (const label of frame) peaks.add(label);
    peaks.endFrame();
  }
  t.strictSame(peaks.take(), { car: 2, person: 2 });
  t.strictSame(peaks.take(), {});
});

t.test('a flood of labels is bounded', async (t) => {
  const peaks = new LabelPeaks();
  for (let label = 0; label < 1000; label += 1) peaks.add(`l${label}`);
  peaks.endFrame();
  t.equal(Object.keys(peaks.take()).length, 256);
});
