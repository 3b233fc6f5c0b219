/** How fast publishing is beside mqtt.js alone, and what it costs. Lines of `scripts/prove publishing`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inFolder, run } from './programs.mjs';
import { ownBroker } from './publishing-broker.mjs';

const PROGRAM = fileURLToPath(new URL('./publishing-rate.mjs', import.meta.url));

/** One run in a process and with a broker of its own. */
async function once(options) {
  return inFolder(async (folder) => {
    const broker = await ownBroker(folder);
    const state = join(folder, 'state');
    mkdirSync(state);
    try {
      const text = JSON.stringify({ ...options, url: broker.url, folder: state });
      const { stdout, stderr } = await run(process.execPath, [PROGRAM, text]);
      if (!stdout.startsWith('{')) throw new Error(stderr.trim().split('\n').at(-1));
      return JSON.parse(stdout);
    } finally {
      await broker.end('SIGKILL');
    }
  });
}

/** Ours and bare in turns, so that what else the machine does meets both; the medians. */
async function compared({ qos, count, rounds }) {
  const rates = { bare: [], own: [] };
  for (let round = 0; round < rounds; round += 1)
    for (const how of round % 2 ? ['own', 'bare'] : ['bare', 'own'])
      rates[how].push((await once({ how, qos, count })).perS);
  const ratios = rates.own.map((rate, round) => rate / rates.bare[round]);
  return { own: middle(rates.own), bare: middle(rates.bare), ratio: middle(ratios), ratios };
}

function ratioLine({ qos, count, rounds, least }) {
  return async () => {
    const { own, bare, ratio, ratios } = await compared({ qos, count, rounds });
    const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
    return {
      figure: `${ratio.toFixed(2)} (${spread} in ${rounds} rounds; ${Math.round(own)}/s against ${Math.round(bare)}/s)`,
      holds: ratio >= least,
    };
  };
}

/** CPU of a core and memory at 1,000 messages a second. */
async function cost({ seconds }) {
  const told = [];
  for (const [name, options] of [
    ['detections, QoS 0', { how: 'own', qos: 0 }],
    ['stored, QoS 1', { how: 'own', qos: 1 }],
    ['mqtt.js alone, QoS 0', { how: 'bare', qos: 0 }],
    ['mqtt.js alone, QoS 1', { how: 'bare', qos: 1 }],
  ]) {
    const { cpuS, tookS, moreRss, rss } = await once({ ...options, perS: 1000, count: 1000 * seconds });
    told.push(
      `${name}: ${((100 * cpuS) / tookS).toFixed(1)} % of a core, ${(rss / 1e6).toFixed(0)} MB (${(moreRss / 1e6).toFixed(1)} more than idle)`,
    );
  }
  return { figure: told.join('; '), holds: true };
}

export function publishingFigures({ long }) {
  const rounds = long ? 9 : 5;
  return [
    {
      what: 'stored messages through the outbox on the disk / mqtt.js alone with QoS 1, same payloads and window',
      limit: '≥ 0.7',
      measure: ratioLine({ qos: 1, count: 20_000, rounds, least: 0.7 }),
    },
    {
      what: 'detections, QoS 0 / mqtt.js alone, same payloads, made each time',
      limit: '≥ 0.9',
      measure: ratioLine({ qos: 0, count: 40_000, rounds, least: 0.9 }),
    },
    {
      what: 'CPU and memory at 1,000 messages a second',
      limit: 'told',
      measure: () => cost({ seconds: long ? 20 : 5 }),
    },
  ];
}

function middle(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}
