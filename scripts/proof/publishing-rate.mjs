/**
 * How fast messages go to a broker: `node publishing-rate.mjs OPTIONS` with a JSON object: `how` (bare or own), `qos`, url,
 * folder, count, and `perS` for a given pace instead of all at once. Both send the same payloads; bare is mqtt.js alone, with
 * as many unacknowledged messages as we allow. Prints one JSON object.
 */
import mqtt from 'mqtt';
import { systemClock } from '../../dist/base/clock.js';
import { detectionsPayload } from '../../dist/publish/payloads.js';
import { recordedResults } from '../fleet-parts/results.mjs';
import { SimulatedDevice, settingsOf } from '../fleet-parts/simulated-device.mjs';

const { how, qos, url, folder, count, perS } = JSON.parse(process.argv[2]);
/** What the outbox has under way at a time: 128 without what is kept for states. */
const WINDOW = 112;
/** What waits for the disk, for its turn, or to be acknowledged, so that nobody waits for work. */
const QUEUE = 1500;
const MOST_BUFFERED = 256 * 1024;
const TURN = 32;
/** Asking a device what it has counted takes as long as a tenth of a message. */
const ASKED_MS = 0.5;

const next = recordedResults()('gate', 0, systemClock);
const sender = await (how === 'bare' ? bare() : own());
const rss = process.memoryUsage.rss();
const cpu = process.cpuUsage();
const start = performance.now();
await (perS === undefined ? asFastAsPossible() : paced());
await sender.acknowledged();
const tookS = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
process.stdout.write(
  `${JSON.stringify({ perS: count / tookS, cpuS: (user + system) / 1e6, tookS, rss: process.memoryUsage.rss(), moreRss: process.memoryUsage.rss() - rss })}\n`,
);
process.exit(0);

async function asFastAsPossible() {
  for (let sent = 0; sent < count; ) {
    for (let room = sender.room(); room > 0 && sent < count; room -= 1, sent += 1) sender.send();
    await new Promise(setImmediate);
  }
}

async function paced() {
  for (let sent = 0; sent < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - start) * perS) / 1000));
    for (; sent < due; sent += 1) sender.send();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function bare() {
  const client = await mqtt.connectAsync(url, { protocolVersion: 5, queueQoSZero: false }, false);
  const topic = 'rate/bare/cameras/gate/detections';
  const context = { device: 'bare', bootId: 'bare', seq: 0, nowMonotonicUs: 0, nowWallMs: 0 };
  let inFlight = 0;
  let idle = () => {};
  return {
    room: () => (qos === 1 ? WINDOW - inFlight : client.stream.writableLength < MOST_BUFFERED ? TURN : 0),
    send: () => {
      context.nowMonotonicUs = systemClock.monotonicUs();
      context.nowWallMs = systemClock.wallMs();
      const payload = JSON.stringify(detectionsPayload(next(), context));
      context.seq += 1;
      if (qos === 0) client.publish(topic, payload, { qos: 0 });
      else {
        inFlight += 1;
        client.publish(topic, payload, { qos: 1 }, () => {
          inFlight -= 1;
          if (inFlight === 0) idle();
        });
      }
    },
    acknowledged: async () => {
      if (qos === 0) await client.publishAsync('rate/bare/end', '', { qos: 1 });
      else if (inFlight > 0)
        await new Promise((resolve) => {
          idle = resolve;
        });
    },
  };
}

async function own() {
  const store = qos === 1 ? ['events', 'detections'] : ['events'];
  const settings = settingsOf({
    mqtt: { broker: url, base: 'rate' },
    outbox: { store },
    paths: { state: folder },
  });
  const device = new SimulatedDevice({ settings, device: 'own', bootId: 'own', folder });
  await device.start();
  let asked = 0;
  const queue = () => {
    const now = performance.now();
    if (now - asked < ASKED_MS) return 0;
    asked = now;
    return QUEUE - device.outbox().waiting;
  };
  return {
    room: () => (qos === 1 ? queue() : device.counters().queuedBytes < MOST_BUFFERED ? TURN : 0),
    send: () => device.detections(next()),
    acknowledged: async () => {
      if (qos === 1) while (device.outbox().waiting > 0) await new Promise(setImmediate);
      // Its last word is acknowledged, and with it all before.
      else await device.close(10_000);
    },
  };
}
