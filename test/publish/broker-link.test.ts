/** One connection after the other: who is told what, and in which order. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { RepeatedFault } from '../../dist/base/repeated-fault.js';
import { parseBrokerAddress } from '../../dist/publish/broker-address.js';
import { refusedError } from '../../dist/publish/broker-errors.js';
import { BrokerLink } from '../../dist/publish/broker-link.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';
import { logLines } from '../helpers/log-lines.js';
import { mqttConfig } from '../helpers/mqtt-config.js';

const down = new DetectdError('MQTT_UNREACHABLE', 'The broker is down.');

function link(
  answers: (BrokerDouble | DetectdError)[],
  dialOptions?: () => never,
  soon: () => boolean = () => false,
) {
  const clock = new FakeClock();
  const events: string[] = [];
  const { log } = logLines();
  const made = new BrokerLink({
    dialer: {
      connect: async () => {
        const answer = answers.shift() ?? down;
        if (answer instanceof DetectdError) throw answer;
        return answer;
      },
    },
    dialOptions:
      dialOptions ?? (() => ({ config: mqttConfig(), url: 'mqtt://h', clientId: 'c', timeoutMs: 1 })),
    clock,
    log,
    faults: new RepeatedFault({ clock, report: (key) => events.push(key) }),
    random: () => 0,
    up: () => events.push('up'),
    down: () => events.push('down'),
    soon,
  });
  return { link: made, clock, events };
}

t.test('up comes before those who wait are told, down before the next attempt', async (t) => {
  const first = new BrokerDouble();
  const { link: made, clock, events } = link([first, new BrokerDouble()]);
  const waiting = made.connected(1000).then(() => events.push('told'));
  made.start();
  made.start();
  await waiting;
  t.equal(made.connection, first);
  t.equal(made.fault, undefined);
  first.lose(down);
  await settle();
  t.equal(made.connection, undefined);
  t.equal(made.fault, down);
  await clock.advanceAsync(1000);
  t.same(events, ['up', 'told', 'down', 'The broker is down.', 'up']);
  t.equal(made.reconnects, 1);
  await made.stop();
});

t.test('a long good connection makes the next pause short again', async (t) => {
  const good = new BrokerDouble();
  const { link: made, clock } = link([down, down, down, good]);
  made.start();
  await clock.advanceAsync(10_000);
  t.equal(made.connection, good);
  await clock.advanceAsync(120_000);
  good.lose(down);
  await settle();
  t.equal(clock.nextDueMs, 250);
  await made.stop();
});

t.test('an end that told something new is followed by the next connection soon', async (t) => {
  const doubles = Array.from({ length: 8 }, () => new BrokerDouble());
  let soon = true;
  const { link: made, clock } = link([...doubles], undefined, () => soon);
  made.start();
  await settle();
  for (const [index, double] of doubles.entries()) {
    soon = index < 7;
    double.lose(down);
    await settle();
    t.equal(clock.nextDueMs, soon ? 250 : 30_000);
    if (soon) await clock.advanceAsync(250);
  }
  await made.stop();
});

t.test('a broker that was killed several times within minutes is dialled at once each time', async (t) => {
  const served = Array.from({ length: 6 }, () => new BrokerDouble());
  const { link: made, clock } = link([...served]);
  made.start();
  for (const connection of served) {
    await clock.advanceAsync(15_000);
    t.equal(made.connection, connection);
    connection.lose(down);
    await settle();
    t.equal(clock.nextDueMs, 250);
  }
  await made.stop();
});

t.test('a connection that ends as soon as it is made is tried again ever more slowly', async (t) => {
  const { link: made, clock } = link(Array.from({ length: 4 }, () => new BrokerDouble()));
  made.start();
  const pauses: (number | undefined)[] = [];
  for (let flicker = 0; flicker < 4; flicker += 1) {
    await settle();
    (made.connection as BrokerDouble).lose(down);
    await settle();
    pauses.push(clock.nextDueMs);
    await clock.advanceAsync(clock.nextDueMs ?? 0);
  }
  t.same(pauses, [250, 500, 1000, 2000]);
  await made.stop();
});

t.test('settings that make no sense are a fault like any other', async (t) => {
  const bad = new DetectdError('CONFIG_INVALID', 'Nonsense.');
  const { link: made } = link([], () => {
    throw bad;
  });
  made.start();
  await settle();
  t.equal(made.fault, bad);
  await made.stop();
});

t.test('a connection that comes after the stop is cut', async (t) => {
  let answer: (connection: BrokerDouble) => void = () => {};
  const clock = new FakeClock();
  const made = new BrokerLink({
    dialer: {
      connect: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    },
    dialOptions: () => ({ config: mqttConfig(), url: 'mqtt://h', clientId: 'c', timeoutMs: 1 }),
    clock,
    log: logLines().log,
    faults: new RepeatedFault({ clock, report: () => {} }),
    random: undefined,
    up: () => t.fail('not up'),
    down: () => t.fail('not down'),
  });
  made.start();
  const stopped = made.stop();
  const late = new BrokerDouble();
  answer(late);
  await stopped;
  t.ok(late.destroyed);
  t.ok(made.stopped);
});

t.test('stopping cuts the connection and tells those who wait', async (t) => {
  const broker = new BrokerDouble();
  const { link: made, clock } = link([down, broker]);
  made.start();
  await settle();
  const waiting = made.connected(60_000);
  await made.stop();
  t.equal(await waiting, false);
  t.equal(clock.pending, 0);
  await made.stop();
});

t.test('two that end each other are slow about it', async (t) => {
  const takenOver = refusedError(142, parseBrokerAddress('mqtt://h'));
  const rivals = Array.from({ length: 12 }, () => new BrokerDouble());
  const { link: made, clock } = link([...rivals]);
  const pauses: number[] = [];
  made.start();
  for (const rival of rivals.slice(0, 9)) {
    await settle();
    // As long as the other one waits.
    await clock.advanceAsync(pauses.at(-1) ?? 0);
    rival.lose(takenOver);
    await settle();
    pauses.push(clock.nextDueMs ?? 0);
    await clock.advanceAsync(pauses.at(-1) ?? 0);
  }
  t.strictSame(pauses, [2500, 5000, 10_000, 20_000, 40_000, 80_000, 150_000, 150_000, 150_000]);
  await made.stop();
});

t.test('renewing says goodbye and dials again at once', async (t) => {
  const [first, second] = [new BrokerDouble(), new BrokerDouble()];
  const { link: made, events } = link([first, second]);
  made.start();
  await settle();
  await made.renew();
  await settle();
  t.ok(first.ended);
  t.equal(made.connection, second);
  t.strictSame(events, ['up', 'down', 'up']);
  await made.stop();
});

t.test('renewing does not wait for the pause between attempts', async (t) => {
  const broker = new BrokerDouble();
  const { link: made, clock } = link([down, broker]);
  made.start();
  await settle();
  t.equal(made.connection, undefined);
  await made.renew();
  await settle();
  t.equal(made.connection, broker);
  await made.stop();
  t.equal(clock.pending, 0);
});

t.test('a connection that was being made with what is old is not used', async (t) => {
  const [early, late] = [new BrokerDouble(), new BrokerDouble()];
  const { link: made, events } = link([early, late]);
  made.start();
  await made.renew();
  await settle();
  t.ok(early.ended);
  t.equal(made.connection, late);
  t.strictSame(events, ['up']);
  await made.stop();
});
