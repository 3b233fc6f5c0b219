/** A thousand devices on one machine. Lines of `scripts/prove publishing`. */
import { fleet, shortcomings } from '../fleet-parts/fleet.mjs';
import { fleetOptions } from '../fleet-parts/options.mjs';
import { inFolder } from './programs.mjs';
import { ownBroker } from './publishing-broker.mjs';

const WANTED = 1000;
const RATE = 5;

async function carried(devices, seconds) {
  const options = fleetOptions(['--devices', `${devices}`, '--rate', `${RATE}`, '--seconds', `${seconds}`]);
  return inFolder(async (folder) => {
    const broker = await ownBroker(folder);
    try {
      return await fleet(options, { url: broker.url, brokerPid: broker.pid, say: () => {} });
    } finally {
      await broker.end('SIGTERM');
    }
  });
}

function told(result) {
  const { devices, per_s: rate, latency_ms: age, device, broker, processes_cpu_percent: cpu } = result;
  return (
    `${devices} devices, ${rate} messages/s, age p50 ${age.p50} ms, p99 ${age.p99} ms; a device ${device.rss_kb} kB and ` +
    `${device.cpu_percent} % of a core; ${result.cpu_ms_per_1000} ms of CPU for 1,000 messages; processes ${cpu.join(', ')} %, ` +
    `broker ${broker.cpu_percent} % of a core`
  );
}

export function publishingFleet({ long }) {
  return [
    {
      what: `${WANTED} devices with the real client, ${RATE} messages/s each`,
      limit: 'all arrive at that rate, or the largest number that does',
      measure: async () => {
        for (let devices = WANTED; ; devices = Math.floor(devices / 2)) {
          const result = await carried(devices, long ? 60 : 20);
          const found = shortcomings(result);
          if (found.length === 0) return { figure: told(result), holds: true };
          if (devices < 50) return { figure: `${told(result)}: ${found.join('; ')}`, holds: false };
        }
      },
    },
    ...(long
      ? [
          {
            what: 'the largest fleet of 2,000, 4,000 … devices that this machine carries',
            limit: 'told, with what was at its limit',
            measure: async () => {
              let best;
              for (let devices = 2 * WANTED; devices <= 16 * WANTED; devices *= 2) {
                const result = await carried(devices, 20);
                const found = shortcomings(result);
                if (found.length > 0)
                  return {
                    figure: `${best === undefined ? `${WANTED}` : told(best)}; with ${devices}: ${found.join('; ')}`,
                    holds: true,
                  };
                best = result;
              }
              return { figure: told(best), holds: true };
            },
          },
        ]
      : []),
  ];
}
