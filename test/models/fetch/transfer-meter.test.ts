/** How far a transfer is, and how long it takes. */
import t from 'tap';
import type { UpdateProgress } from '../../../dist/core/model-update.js';
import { TransferMeter } from '../../../dist/models/fetch/transfer-meter.js';
import { FakeClock } from '../../helpers/fake-clock.js';

t.test('the time left follows from what came lately, not from what was there', (t) => {
  const clock = new FakeClock();
  const told: UpdateProgress[] = [];
  const meter = new TransferMeter(clock, (progress) => void told.push(progress));
  meter.begin(500_000, 1_000_000);
  t.strictSame(told, [{ done: 500_000, total: 1_000_000, leftMs: undefined, waiting: undefined }]);
  clock.advance(1000);
  meter.note(600_000, 1_000_000);
  t.match(told.at(-1), { done: 600_000, leftMs: 4000 });
  meter.waiting('the night');
  t.match(told.at(-1), { waiting: 'the night' });
  clock.advance(3_600_000);
  meter.waiting(undefined);
  clock.advance(1000);
  meter.note(700_000, 1_000_000);
  t.match(told.at(-1), { leftMs: 3000, waiting: undefined }, 'an hour of waiting does not make it slow');
  t.end();
});

t.test('it is told a few times a second, and at the end', (t) => {
  const clock = new FakeClock();
  let told = 0;
  const meter = new TransferMeter(clock, () => {
    told += 1;
  });
  for (let step = 1; step <= 1000; step += 1) {
    clock.advance(1);
    meter.note(step, 1001);
  }
  t.equal(told, 4);
  meter.note(1001, 1001);
  t.equal(told, 5);
  meter.waiting(undefined);
  t.equal(told, 5, 'nothing new is not told');
  t.end();
});

t.test('without a total nothing is foretold', (t) => {
  const clock = new FakeClock();
  let last: UpdateProgress | undefined;
  const meter = new TransferMeter(clock, (progress) => {
    last = progress;
  });
  meter.begin(0, undefined);
  clock.advance(5000);
  meter.note(5000, undefined);
  t.match(last, { done: 5000, total: undefined, leftMs: undefined });
  t.end();
});
