/** One process of the fleet: some of the devices, which publish evenly spread over time. Told what to do by its parent. */
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../dist/base/clock.js';
import { recordedResults } from './results.mjs';
import { SimulatedDevice, settingsOf } from './simulated-device.mjs';

/** Connections that are made at a time. */
const AT_ONCE = 25;
const TICK_MS = 4;
const CAMERA = 'gate';

const devices = [];
const told = { connect, run: publish, close };

process.on('message', async ({ order, ...options }) => {
  try {
    process.send({ done: order, ...(await told[order](options)) });
  } catch (error) {
    process.send({ done: order, error: error.message });
  }
});
process.on('disconnect', () => process.exit(0));

async function connect({ names, mqtt }) {
  const settings = settingsOf({ mqtt });
  const emptyRss = process.memoryUsage.rss();
  const results = recordedResults();
  const waiting = names.map((name, index) => ({ name, index }));
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { name, index } = next;
      const device = new SimulatedDevice({ settings, device: name, bootId: randomUUID().slice(0, 8) });
      devices.push({ device, next: results(CAMERA, index * 7, systemClock) });
      await device.start();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { connected: devices.filter(({ device }) => device.connected).length, emptyRss };
}

/** Publishes for `seconds`; resolves to what that took. Messages that are behind their time are sent at once. */
async function publish({ rate, seconds }) {
  const before = sums();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const perMs = (devices.length * rate) / 1000;
  const late = [];
  let sent = 0;
  await new Promise((resolve) => {
    const tick = () => {
      const now = performance.now();
      const due = Math.floor(Math.min(now - start, seconds * 1000) * perMs);
      if (due > sent) late.push(now - start - sent / perMs);
      for (; sent < due; sent += 1) {
        const { device, next } = devices[sent % devices.length];
        device.detections(next());
      }
      if (now - start >= seconds * 1000) resolve();
      else setTimeout(tick, TICK_MS);
    };
    tick();
  });
  const { user, system } = process.cpuUsage(cpu);
  const after = sums();
  late.sort((a, b) => a - b);
  return {
    wanted: sent,
    published: after.published - before.published,
    dropped: after.dropped - before.dropped,
    reconnects: after.reconnects - before.reconnects,
    cpuS: (user + system) / 1e6,
    tookS: (performance.now() - start) / 1000,
    lateMs: late[Math.floor(late.length * 0.99)] ?? 0,
    rss: process.memoryUsage.rss(),
    connected: devices.filter(({ device }) => device.connected).length,
  };
}

function sums() {
  const total = { published: 0, dropped: 0, reconnects: 0 };
  for (const { device } of devices) {
    const counters = device.counters();
    for (const key of Object.keys(total)) total[key] += counters[key];
  }
  return total;
}

async function close() {
  await Promise.all(devices.map(({ device }) => device.close(3000)));
  return {};
}
