/**
 * What happens to brokers and networks, to a daemon that publishes meanwhile: after each, messages of now must come again
 * in time, and in the end the books must be without a gap. Lines of `scripts/prove publishing`.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inFolder } from './programs.mjs';
import { lightDevice } from './publishing-light.mjs';
import { FAR, Network, noNetwork } from './publishing-network.mjs';
import { DEVICE, Stage } from './publishing-stage.mjs';

/** From the end of a fault to a message that was made after it: attempts to connect are 30 s apart at most. */
const RECOVERED_MS = 45_000;
const NETWORK = { prefix: 'network' };

const FAULTS = [
  {
    what: 'broker killed, three times',
    act: async (stage) => {
      for (let time = 0; time < 3; time += 1) {
        await stage.restart('SIGKILL');
        await stage.since(Date.now(), RECOVERED_MS);
      }
    },
  },
  {
    what: 'broker stopped (SIGSTOP) for 3 s: the window of unacknowledged messages fills',
    act: (stage) => frozen(stage, 3000),
  },
  {
    what: 'broker stopped for 12 s: the connection is given up',
    act: (stage) => frozen(stage, 12_000),
  },
  {
    what: 'broker restarted with persistence, the subscriber away until the end',
    act: async (stage) => {
      const more = ['persistence true', `persistence_location ${stage.folder}/`];
      await stage.restart('SIGTERM', { more });
      await stage.since(Date.now(), RECOVERED_MS);
      await stage.books.leave();
      await sleep(1500);
      await stage.restart('SIGTERM', { more, away: true });
      await sleep(1500);
      await stage.books.comeBack();
    },
  },
  { what: 'broker restarted without persistence', act: (stage) => stage.restart('SIGTERM') },
  {
    what: 'broker that takes one unacknowledged message at a time, and stops for 2 s',
    act: async (stage) => {
      await stage.restart('SIGTERM', { more: ['max_inflight_messages 1'] });
      await stage.since(Date.now(), RECOVERED_MS);
      await frozen(stage, 2000);
      await stage.since(Date.now(), RECOVERED_MS);
      await stage.quiet();
      await stage.restart('SIGTERM');
    },
  },
  {
    what: 'broker with a certificate that has expired, for 4 s',
    act: async (stage) => {
      await stage.restart('SIGTERM', { certificate: stage.certificates.expired });
      await sleep(4000);
      await stage.restart('SIGTERM');
    },
  },
  {
    what: 'broker that does not allow the topic of events, for 4 s: the others go on',
    act: async (stage) => {
      const lines = ['topic readwrite #', `user ${DEVICE}`, 'topic readwrite #'];
      const denied = [...lines, `topic deny ${stage.books.base}/${DEVICE}/events`];
      await stage.restart('SIGTERM', { more: [stage.accessList(denied)] });
      if ((await stage.since(Date.now(), RECOVERED_MS)) === undefined)
        throw new Error('detections do not come');
      stage.daemon.signal('SIGHUP');
      await sleep(4000);
      await stage.restart('SIGTERM');
    },
  },
  {
    what: 'far broker: each packet travels 150 ms',
    act: async (stage) => {
      stage.gate.delayMs = 150;
      await sleep(4000);
      stage.gate.delayMs = 0;
    },
  },
  {
    ...NETWORK,
    what: 'broker in a network of its own, cable pulled for 2 s',
    act: (stage) => pulled(stage, 2000),
  },
  { ...NETWORK, what: 'the same for 12 s', act: (stage) => pulled(stage, 12_000) },
  {
    ...NETWORK,
    what: 'a link of 192 kbit/s (tc tbf) for 6 s',
    act: async (stage) => {
      stage.network.slow('192kbit');
      await sleep(6000);
      stage.network.fast();
    },
  },
];

async function frozen(stage, ms) {
  stage.broker.signal('SIGSTOP');
  await sleep(ms);
  stage.broker.signal('SIGCONT');
}

async function pulled(stage, ms) {
  stage.network.pull();
  await sleep(ms);
  stage.network.plug();
}

/** All faults on one daemon, in their order; then it ends, and its next start says where everything ended. */
async function session() {
  const impossible = noNetwork();
  return inFolder(async (folder) => {
    const stage = new Stage(folder);
    const outcomes = new Map();
    try {
      await stage.start();
      for (const { what, act, prefix } of FAULTS) {
        if (prefix === 'network' && impossible) {
          outcomes.set(what, { impossible });
          continue;
        }
        if (prefix === 'network' && stage.network === undefined) await moveToNetwork(stage);
        outcomes.set(what, await outcomeOf(stage, act));
      }
      await stage.daemon.stop();
      const next = lightDevice({
        device: DEVICE,
        folder: join(folder, 'daemon', 'state'),
        mqtt: stage.configuration(stage.url).mqtt,
        perS: 100,
        limit: 1,
      });
      await next.line(/^done$/);
      await next.end();
      const report = await stage.books.settled(10_000);
      return { outcomes, report, bySecond: stage.books.bySecond };
    } finally {
      await stage.close();
      stage.network?.end();
    }
  });
}

async function outcomeOf(stage, act) {
  try {
    await stage.fresh();
  } catch (error) {
    return { figure: error.message, holds: false };
  }
  const before = stage.books.ledger.report().totals;
  try {
    await act(stage);
  } catch (error) {
    return { figure: error.message, holds: false };
  }
  const recoveredMs = await stage.since(Date.now(), RECOVERED_MS);
  const after = stage.books.ledger.report().totals;
  const more = (key) => after[key] - before[key];
  if (recoveredMs === undefined) return { figure: `nothing for ${RECOVERED_MS / 1000} s`, holds: false };
  const figure = `${(recoveredMs / 1000).toFixed(1)} s; ${more('received')} came, ${more('late')} late, ${more('duplicated')} twice`;
  return { figure, holds: after.conflicts === 0 };
}

/** The broker goes into a network of its own, and a reload tells the daemon where that is. */
async function moveToNetwork(stage) {
  stage.network = new Network();
  stage.network.start();
  await stage.quiet();
  await stage.broker.end('SIGTERM');
  await stage.broker.start({ prefix: stage.network.prefix, address: '0.0.0.0' });
  await stage.books.move(`mqtt://${FAR.subscriber}:${stage.broker.port}`);
  stage.url = `mqtts://${FAR.device}:${stage.tlsPort}`;
  await stage.fresh();
}

export function publishingFaults() {
  let run;
  const once = () => {
    run ??= session();
    return run;
  };
  return [
    ...FAULTS.map(({ what }) => ({
      what: `real daemon, ${what}`,
      limit: `messages of now again within ${RECOVERED_MS / 1000} s, none with two contents`,
      measure: async () => (await once()).outcomes.get(what) ?? { impossible: 'the run ended before it' },
    })),
    {
      what: 'all of these: every event and every detection stored',
      limit: '0 unaccounted, duplicates only with the same content',
      measure: async () => {
        const { report, bySecond } = await once();
        const { figure, holds } = accounted(report);
        const told =
          bySecond === 0
            ? figure
            : `${figure}; ${bySecond} came to one of two subscribers, for brokers were killed`;
        return { figure: told, holds };
      },
    },
  ];
}

export function accounted({ totals, counts, streams, proven }) {
  const open = streams.filter(({ unaccounted }) => unaccounted > 0);
  const where = open.map(
    ({ stream, boot_id: boot, ranges }) => `${boot} ${stream} ${JSON.stringify(ranges)}`,
  );
  const figure =
    `${totals.sent} sent, ${totals.received} received, ${totals.duplicated} twice, ${totals.late} late, ` +
    `${totals.lost} announced as lost, ${totals.unaccounted} unaccounted, ${totals.conflicts} with two contents`;
  return { figure: [figure, ...where.slice(0, 3)].join('; '), holds: proven && counts.invalid === 0 };
}
