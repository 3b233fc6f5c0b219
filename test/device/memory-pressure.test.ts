/** Pressure stall information, and what is none. */
import t from 'tap';
import { parseMemoryPressure } from '../../dist/device/memory-pressure.js';

t.test('the share of the last ten seconds', async (t) => {
  const text =
    'some avg10=1.53 avg60=0.87 avg300=0.20 total=155\nfull avg10=0.50 avg60=0 avg300=0.05 total=9\n';
  t.strictSame(parseMemoryPressure(text), { somePercent: 1.53, fullPercent: 0.5 });
  t.strictSame(parseMemoryPressure('some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n'), {
    somePercent: 0,
    fullPercent: undefined,
  });
});

t.test('a kernel without it says nothing', async (t) => {
  for (const text of ['', 'some\n', 'some avg10=x avg60=0\n', 'full avg10=1.0 avg60=0\n'])
    t.equal(parseMemoryPressure(text), undefined, text);
});
