/** `scripts/fleet`: reads the command line, starts a broker where none is named, prints, and chooses the exit status. */
import { inFolder } from '../proof/programs.mjs';
import { ownBroker } from '../proof/publishing-broker.mjs';
import { fleet, shortcomings } from './fleet.mjs';
import { fleetOptions } from './options.mjs';

let options;
try {
  options = fleetOptions(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`USAGE: ${error.message}\n  see: scripts/fleet --help\n`);
  process.exit(2);
}
const say = (text) => process.stderr.write(`${text}\n`);
let result;
try {
  result = await (options.broker === undefined
    ? inFolder(async (folder) => {
        const broker = await ownBroker(folder);
        try {
          return await fleet(options, { url: broker.url, brokerPid: broker.pid, say });
        } finally {
          await broker.end('SIGTERM');
        }
      })
    : fleet(options, { url: options.broker, say }));
} catch (error) {
  say(`FLEET: ${error.message}`);
  process.exit(1);
}
const found = shortcomings(result);
process.stdout.write(options.json ? `${JSON.stringify({ ...result, shortcomings: found })}\n` : text(result));
process.exit(found.length === 0 ? 0 : 1);

function text({ heard, latency_ms: age, device, broker, ...rest }) {
  const lines = [
    `${rest.devices} devices, ${rest.per_s} messages/s of ${rest.wanted_per_s} for ${rest.seconds} s; ${rest.dropped} dropped, ${rest.reconnects} reconnects`,
    `heard ${heard.messages} messages of ${heard.devices} devices, ${heard.missing} missing; age p50 ${age.p50} ms, p99 ${age.p99} ms, most ${age.most} ms`,
    `a device more takes ${device.rss_kb} kB of memory and ${device.cpu_percent} % of a core; 1,000 messages take ${rest.cpu_ms_per_1000} ms of CPU (processes: ${rest.processes_cpu_percent.join(', ')} % of a core)`,
  ];
  if (broker !== null)
    lines.push(
      `the broker takes ${broker.cpu_percent} % of a core, ${broker.cpu_ms_per_1000} ms for 1,000 messages, ${broker.rss_mb} MB`,
    );
  return `${[...lines, found.length === 0 ? 'all of it arrived at the wanted rate' : `falls short: ${found.join('; ')}`].join('\n')}\n`;
}
