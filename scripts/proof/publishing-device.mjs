/**
 * A light device for proofs: the daemon's own announcer with its outbox, in a process that starts within a fraction of a
 * second. `node publishing-device.mjs OPTIONS` with a JSON object: folder, device, mqtt, outbox; `burst` events at once, each
 * a second after the one before by its clock; then `perS` a second, until there are `limit`. Prints its `boot`, then how many
 * messages are `stored` for good as that changes, and once the broker has all of `limit` events `done`.
 */
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { systemClock } from '../../dist/base/clock.js';
import { SimulatedDevice, settingsOf } from '../fleet-parts/simulated-device.mjs';

const AT_ONCE = 200;
const LARGE = 10_000;

const { folder, device, mqtt, outbox, burst = 0, perS, limit, largeEvery } = JSON.parse(process.argv[2]);
let aheadMs = 0;
const clock = {
  ...systemClock,
  monotonicUs: () => systemClock.monotonicUs() + aheadMs * 1000,
  wallMs: () => systemClock.wallMs() + aheadMs,
};
const bootId = randomUUID().slice(0, 8);
const settings = settingsOf({ mqtt, outbox, paths: { state: folder } });
const simulated = new SimulatedDevice({ settings, device, bootId, clock, folder });
const say = (text) => writeSync(1, `${text}\n`);
say(`boot ${bootId}`);
const starting = simulated.start();

let told = 0;
let stored = 0;
let finished = false;
let start;
const timer = setInterval(() => {
  // Events from before the store is open are kept for a while, but not as many.
  if (simulated.outbox().stored === 0) return;
  if (told < burst) {
    for (const end = Math.min(burst, told + AT_ONCE); told < end; aheadMs += 1000) tell();
  } else {
    start ??= performance.now();
    const due = Math.min(limit, burst + Math.ceil(((performance.now() - start) * perS) / 1000));
    while (told < due) tell();
  }
  const counters = simulated.outbox();
  if (counters.written !== stored) {
    stored = counters.written;
    say(`stored ${stored}`);
  }
  if (!finished && told >= limit && counters.waiting === 0) {
    finished = true;
    say('done');
  }
}, 2);
// It does not outlive who started it.
process.stdin.on('end', () => process.exit(1)).resume();
process.on('SIGTERM', async () => {
  clearInterval(timer);
  await starting;
  await simulated.close(3000);
  process.exit(0);
});

function tell() {
  simulated.event({
    type: 'camera-state',
    severity: 'info',
    message: `event ${told}`,
    camera: 'gate',
    fields: {
      state: told % 2 ? 'online' : 'offline',
      made_ms: performance.timeOrigin + performance.now(),
      ...(told % largeEvery === 0 ? { ballast: 'x'.repeat(LARGE) } : {}),
    },
  });
  told += 1;
}
