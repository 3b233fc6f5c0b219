/** Growth that goes on, and growth that does not. */
import t from 'tap';
import { MemoryClimb } from '../../dist/supervisor/memory-climb.js';
import { FakeClock } from '../helpers/fake-clock.js';

const MB = 1e6;

/** Sizes in MB, second by second through 80 s. */
function watched(size: (second: number) => number): string | undefined {
  const clock = new FakeClock();
  const climb = new MemoryClimb(80_000, clock);
  for (let second = 0; second < 80; second += 1) {
    climb.add(size(second) * MB);
    clock.advance(1000);
  }
  return climb.leak();
}

t.test('one that climbs all the time leaks', async (t) => {
  t.match(
    watched((second) => 200 + second),
    /grew by 50 MB in 50 s/,
  );
});

t.test('what warms up, rises once, saws or stays is no leak', async (t) => {
  t.equal(
    watched((second) => 200 + Math.min(second, 20) * 10),
    undefined,
  );
  t.equal(
    watched((second) => 200 + 200 * (1 - Math.exp(-second / 10))),
    undefined,
  );
  t.equal(
    watched((second) => (second < 50 ? 200 : 400)),
    undefined,
  );
  t.equal(
    watched((second) => 200 + (second % 9) * 20),
    undefined,
  );
  t.equal(
    watched(() => 200),
    undefined,
  );
  t.equal(
    watched((second) => 200 + second / 10),
    undefined,
    'nor what is too little to matter',
  );
});

t.test('too little seen says nothing', async (t) => {
  const clock = new FakeClock();
  const climb = new MemoryClimb(80_000, clock);
  for (let second = 0; second < 40; second += 1) {
    climb.add(second * 100 * MB);
    clock.advance(1000);
  }
  t.equal(climb.leak(), undefined);
});
