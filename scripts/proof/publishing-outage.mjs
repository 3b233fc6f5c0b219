/** An hour without a broker, compressed, and what its replay does to messages of now. Lines of `scripts/prove publishing`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { payloadOf } from '../reconcile-parts/ledger.mjs';
import { inFolder } from './programs.mjs';
import { Books } from './publishing-books.mjs';
import { ownBroker } from './publishing-broker.mjs';
import { accounted } from './publishing-faults.mjs';
import { Gate } from './publishing-gate.mjs';
import { lightDevice } from './publishing-light.mjs';

const LIVE_PER_S = 100;
const LIMIT = 1.2;

/** `hourly` messages of an hour, then replay while others are told; the ages of those with and without replay beside them. */
async function outage({ hourly, quietS }) {
  return inFolder(async (folder) => {
    const broker = await ownBroker(folder);
    const books = new Books();
    const gate = new Gate(() => ({ host: '127.0.0.1', port: broker.port }));
    await gate.start();
    const state = join(folder, 'state');
    mkdirSync(state);
    try {
      await books.start(broker.url);
      const ages = { during: [], after: [] };
      let late = 0;
      let lastLateAt = 0;
      let opened = Number.POSITIVE_INFINITY;
      let phase = 'during';
      books.onMessage = ({ topic, payload }) => {
        if (!topic.endsWith('/events')) return;
        const { historical, made_ms: made } = payloadOf(payload) ?? {};
        const now = performance.timeOrigin + performance.now();
        if (historical === true) {
          late += 1;
          lastLateAt = performance.now();
        } else if (made > opened) ages[phase].push(now - made);
      };
      gate.shut();
      const mqtt = { broker: gate.url, base: books.base };
      const device = lightDevice({
        folder: state,
        device: 'away',
        mqtt,
        burst: hourly,
        perS: LIVE_PER_S,
        limit: 1e9,
      });
      await device.line({ test: (line) => line.startsWith('stored ') && Number(line.slice(7)) >= hourly });
      gate.open();
      while (late === 0) await sleep(5);
      opened = performance.timeOrigin + performance.now();
      const begun = performance.now();
      while (late < hourly && performance.now() - lastLateAt < 10_000) await sleep(20);
      const replayS = (lastLateAt - begun) / 1000;
      await sleep(500);
      phase = 'after';
      await sleep(quietS * 1000);
      await device.end();
      return { ages, late, replayS, report: await books.settled(5000) };
    } finally {
      await books.close();
      await gate.end();
      await broker.end('SIGKILL');
    }
  });
}

export function publishingOutage({ long }) {
  const hourly = long ? 36_000 : 3600;
  let run;
  const once = () => {
    run ??= outage({ hourly, quietS: 20 });
    return run;
  };
  return [
    {
      what: `an hour without a broker, compressed: ${hourly} stored messages replayed at the configured rate`,
      limit: 'all late ones in order, 0 unaccounted',
      measure: async () => {
        const { late, replayS, report } = await once();
        const { figure, holds } = accounted(report);
        const { out_of_order: disorder } = report.totals;
        return {
          figure: `${late} in ${replayS.toFixed(0)} s, ${disorder} out of order; ${figure}`,
          holds: holds && disorder === 0 && late >= hourly,
        };
      },
    },
    {
      what: `age of messages of now (${LIVE_PER_S}/s) at a subscriber, during replay / after it`,
      limit: `median ≤ ${LIMIT}`,
      measure: async () => {
        const { during, after } = (await once()).ages;
        const told = (part) => [at(during, part), at(after, part)];
        const line = (name, [with_, without]) =>
          `${name} ${(with_ / without).toFixed(2)} (${with_.toFixed(2)} ms against ${without.toFixed(2)} ms)`;
        const median = told(0.5);
        return {
          figure: `${line('median', median)}, ${line('p95', told(0.95))}, of ${during.length} and ${after.length} messages`,
          holds: median[0] / median[1] <= LIMIT,
        };
      },
    },
  ];
}

function at(ages, part) {
  const sorted = ages.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)];
}
