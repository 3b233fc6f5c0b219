/** Names, sizes and messages that nobody should send. Lines of `scripts/prove publishing`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Topics } from '../../dist/publish/topics.js';
import { Prng } from '../../dist/scene/prng.js';
import { settingsOf } from '../fleet-parts/simulated-device.mjs';
import { cases, inFolder } from './programs.mjs';
import { Books } from './publishing-books.mjs';
import { ownBroker } from './publishing-broker.mjs';
import { accounted } from './publishing-faults.mjs';
import { lightDevice } from './publishing-light.mjs';

const NAMES = 20_000;
/** For 400 messages in two seconds, and the announcement of those that are lost. */
const LARGE_MS = 40_000;
const PIECES = [
  ...[
    'a',
    'z',
    '0',
    '-',
    '_',
    '/',
    '+',
    '#',
    '$',
    '$SYS',
    '..',
    '.',
    ' ',
    '\0',
    '\n',
    '\r\n',
    '\u007f',
    '\u202e',
  ],
  ...['é', '😀', '\ud800', '"', "'", '\\', '%00', '<b>', '${x}', '__proto__', 'constructor', 'x'.repeat(64)],
];

/** Nothing that is taken for a name of a device or camera makes a topic of anything else. */
function names() {
  const random = new Prng(1);
  const seen = { refused: 0, taken: 0 };
  const wrong = [];
  for (let index = 0; index < NAMES; index += 1) {
    const name = Array.from({ length: 1 + random.index(5) }, () => PIECES[random.index(PIECES.length)]).join(
      '',
    );
    for (const [what, make, topic] of [
      ['device', () => settingsOf({ device: { id: name } }), () => new Topics('base', name).status],
      [
        'camera',
        () =>
          settingsOf({ cameras: Object.fromEntries([[name, { source: 'test:shapes', model: 'shapes' }]]) }),
        () => new Topics('base', 'dock').detections(name),
      ],
    ]) {
      const levels = what === 'device' ? 3 : 5;
      const configured = taken(make) !== undefined;
      seen[configured ? 'taken' : 'refused'] += 1;
      const made = taken(topic);
      const hostile = made !== undefined && (made.split('/').length !== levels || /[+#\p{Cc}]/u.test(made));
      if (hostile || (configured && made === undefined)) wrong.push(`${what} ${JSON.stringify(name)}`);
    }
  }
  return {
    figure: [
      `${seen.refused} refused, ${seen.taken} taken, ${wrong.length} wrong`,
      ...wrong.slice(0, 3),
    ].join('; '),
    holds: wrong.length === 0 && seen.taken > 0,
  };
}

function taken(make) {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** Every tenth message is larger than the broker takes: those are announced as lost, the others arrive. */
function tooLarge(settings, client = {}) {
  return inFolder(async (folder) => {
    const broker = await ownBroker(folder, ['allow_anonymous true', ...settings]);
    const books = new Books();
    const state = join(folder, 'state');
    mkdirSync(state);
    try {
      await books.start(broker.url);
      const mqtt = { broker: broker.url, base: books.base, ...client };
      const device = lightDevice({
        folder: state,
        device: 'large',
        mqtt,
        perS: 200,
        limit: 400,
        largeEvery: 10,
      });
      await device.line(/^done/, LARGE_MS);
      await books.settled(15_000);
      await device.end();
      const report = await books.settled(5000);
      const { figure, holds } = accounted(report);
      return { figure, holds: holds && report.totals.lost === 40 };
    } finally {
      await books.close();
      await broker.end('SIGKILL');
    }
  });
}

export function publishingBadInput() {
  return [
    {
      what: `hostile names of devices and cameras, ${NAMES} of each`,
      limit: 'refused, or a topic of their own',
      measure: names,
    },
    {
      what: 'messages beyond the packet size that the broker names',
      limit: 'announced as lost, all others arrive',
      measure: () => tooLarge(['max_packet_size 6000']),
    },
    {
      what: 'messages beyond a size that the broker does not name (message_size_limit)',
      limit: 'announced as lost, all others arrive',
      measure: () => tooLarge(['message_size_limit 6000']),
    },
    {
      what: 'messages at which the broker closes the connection (MQTT 3.1.1, max_packet_size)',
      limit: 'announced as lost, all others arrive',
      measure: () => tooLarge(['max_packet_size 6000'], { protocol: '3.1.1' }),
    },
    {
      what: 'brokers that say whatever they like: packets, limits, reasons, floods',
      limit: 'all as promised',
      measure: () => cases('test/e2e/mqtt-hostile.test.ts'),
    },
    {
      what: 'commands, 10,000 at once, retained and other garbage on their topics',
      limit: 'all as promised',
      measure: () => cases('test/e2e/commands.test.ts'),
    },
    {
      what: 'garbage, retained, on the topics of desired documents',
      limit: 'all as promised',
      measure: () => cases('test/e2e/desired.test.ts'),
    },
  ];
}
