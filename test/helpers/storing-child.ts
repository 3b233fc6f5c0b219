/** A process that stores messages until it is killed: `node storing-child.js FOLDER BOOT_ID`. Prints how many are written. */
import { pino } from 'pino';
import { systemClock } from '../../dist/base/clock.js';
import { Outbox } from '../../dist/publish/outbox/outbox.js';

const [folder = '', bootId = ''] = process.argv.slice(2);
const outbox = new Outbox({
  ...{ folder, bootId, clock: systemClock, log: pino({ level: 'silent' }), announcement: () => undefined },
  settings: {
    ...{ enabled: true, store: ['events'], max_mb: 64, max_age_h: 168, sync_s: 5, replay_per_s: 10_000 },
  },
});
await outbox.start();
for (let group = 0; ; group += 1) {
  for (let each = 0; each < 1 + (group % 7); each += 1)
    outbox.add('events', 'detectd/dock-3/events', 2, (seq) => ({ stream: 'events', boot: bootId, seq }));
  await outbox.flush();
  process.stdout.write(`${outbox.counters().written}\n`);
}
