import t from 'tap';
import { BusReading } from '../../dist/capture/bus-reading.js';
import { FakeClock } from '../helpers/fake-clock.js';

t.test('messages are read when no picture comes, and not when one does', (t) => {
  const clock = new FakeClock();
  const reading = new BusReading(clock);
  let read = 0;
  const count = () => {
    read += 1;
  };
  reading.begin(count);
  clock.advance(1000);
  t.equal(read, 0);
  clock.advance(1000);
  t.equal(read, 1);
  reading.end();
  reading.begin(count);
  reading.picture();
  clock.advance(60_000);
  t.equal(read, 1);
  reading.end();
  reading.begin(count);
  reading.end();
  clock.advance(3_600_000);
  t.equal(read, 1, 'nothing plays');
  t.equal(clock.pending, 0);
  t.end();
});

t.test('of a thousand failed runs a dozen reasons are read; after a good one, those of the next', (t) => {
  const clock = new FakeClock();
  const reading = new BusReading(clock);
  const worth: number[] = [];
  for (let run = 1; run <= 1000; run += 1) {
    reading.begin(() => {});
    if (reading.worthIt) worth.push(run);
    reading.end();
  }
  t.same(worth, [1, 2, 3, 4, 8, 16, 32, 64, 128, 256, 512]);
  let read = 0;
  reading.begin(() => {
    read += 1;
  });
  reading.picture();
  clock.advance(29 * 60_000);
  t.equal(read, 0);
  clock.advance(60_000);
  t.equal(read, 1, 'what has gathered goes');
  reading.end();
  reading.begin(() => {});
  t.ok(reading.worthIt);
  t.end();
});
