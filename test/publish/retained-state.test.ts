/** The latest message of every topic, through outages and refusals. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { RetainedState } from '../../dist/publish/retained-state.js';
import { BrokerDouble } from '../helpers/broker-double.js';

const FLEETING = { qos: 0, retain: true } as const;

function state() {
  const refused: string[] = [];
  return { refused, retained: new RetainedState({ refused: (topic) => refused.push(topic) }) };
}

t.test('what was set without a connection goes out with the next one, only the latest', async (t) => {
  const { retained } = state();
  retained.set('a', '1');
  retained.set('a', '2');
  retained.set('b', '3');
  const broker = new BrokerDouble();
  retained.connected(broker);
  t.strictSame(
    broker.sent.map(({ topic, payload, options }) => [topic, payload, options]),
    [
      ['a', '2', { qos: 1, retain: true }],
      ['b', '3', { qos: 1, retain: true }],
    ],
  );
});

t.test('everything goes out again on a new connection, acknowledged or not', async (t) => {
  const { retained } = state();
  const first = new BrokerDouble();
  retained.connected(first);
  retained.set('a', '1');
  first.prompt = false;
  retained.set('b', '2');
  retained.disconnected();
  retained.set('c', '3');
  const second = new BrokerDouble();
  retained.connected(second);
  t.same(second.topics().sort(), ['a', 'b', 'c']);
  t.same(first.topics(), ['a', 'b']);
});

t.test('no more are under way than the broker allows, and overtaken ones are not sent', async (t) => {
  const { retained } = state();
  const broker = new BrokerDouble();
  broker.prompt = false;
  broker.maxInFlight = 2;
  for (const topic of ['a', 'b', 'c', 'd']) retained.set(topic, '1');
  retained.connected(broker);
  t.same(broker.topics(), ['a', 'b']);
  retained.set('c', '2');
  broker.sent[0]?.acknowledge?.();
  broker.sent[1]?.acknowledge?.();
  t.same(
    broker.sent.map(({ topic, payload }) => topic + payload),
    ['a1', 'b1', 'c2', 'd1'],
  );
});

t.test('flushed waits for the acknowledgement of everything', async (t) => {
  const { retained } = state();
  await retained.flushed();
  const broker = new BrokerDouble();
  broker.prompt = false;
  retained.connected(broker);
  retained.set('a', '1');
  let flushed = false;
  const promise = retained.flushed().then(() => {
    flushed = true;
  });
  await new Promise(setImmediate);
  t.notOk(flushed);
  broker.sent[0]?.acknowledge?.();
  await promise;
});

t.test('a late acknowledgement of an old connection changes nothing', async (t) => {
  const { retained } = state();
  const first = new BrokerDouble();
  first.prompt = false;
  retained.connected(first);
  retained.set('a', '1');
  const second = new BrokerDouble();
  second.prompt = false;
  second.maxInFlight = 1;
  retained.connected(second);
  retained.set('b', '1');
  first.sent[0]?.acknowledge?.();
  t.same(second.topics(), ['a']);
});

t.test('a refused message is reported once and does not hold up the others', async (t) => {
  const { retained, refused } = state();
  const broker = new BrokerDouble();
  broker.prompt = false;
  retained.connected(broker);
  retained.set('a', '1');
  broker.sent[0]?.acknowledge?.(new DetectdError('MQTT_REFUSED', 'no'));
  await retained.flushed();
  t.same(refused, ['a']);
});

t.test('a message over the limit of the broker is reported and not sent', async (t) => {
  const { retained, refused } = state();
  const broker = new BrokerDouble();
  broker.maxPacketBytes = 1400;
  retained.connected(broker);
  retained.set('a', 'ä'.repeat(1000));
  await retained.flushed();
  t.same(refused, ['a']);
  t.same(broker.sent, []);
  retained.set('a', 'x'.repeat(900));
  t.equal(broker.sent.length, 1);
});

t.test('a removed topic is emptied at the broker and then forgotten', async (t) => {
  const { retained } = state();
  retained.set('a', '1');
  retained.remove('a');
  retained.remove('never');
  const broker = new BrokerDouble();
  retained.connected(broker);
  t.same(
    broker.sent.map(({ topic, payload }) => [topic, payload]),
    [['a', '']],
  );
  const next = new BrokerDouble();
  retained.connected(next);
  t.same(next.sent, []);
});

t.test('topics are bounded', async (t) => {
  const { retained } = state();
  const kept = Array.from({ length: 4096 }, (_, index) => retained.set(`${index}`, 'x'));
  t.ok(kept.every(Boolean));
  t.notOk(retained.set('one more', 'x'));
  t.ok(retained.set('0', 'y'));
});

t.test('what has QoS 0 is kept for the next connection, but nothing waits for it', async (t) => {
  const { retained } = state();
  retained.set('health', '1', FLEETING);
  retained.set('health', '2', FLEETING);
  await retained.flushed();
  const first = new BrokerDouble();
  first.prompt = false;
  first.maxInFlight = 1;
  retained.set('a', '1');
  retained.set('b', '1');
  retained.connected(first);
  retained.set('health', '3', FLEETING);
  t.strictSame(
    first.sent.map(({ topic, payload, options }) => [topic, payload, options.qos]),
    [
      ['a', '1', 1],
      ['health', '2', 0],
      ['health', '3', 0],
    ],
  );
  t.ok(first.sent.every(({ topic, options }) => options.retain && topic.length > 0));
  first.sent[0]?.acknowledge?.();
  first.sent[3]?.acknowledge?.();
  await retained.flushed();
  retained.disconnected();
  const second = new BrokerDouble();
  retained.connected(second);
  t.same(second.topics(), ['a', 'b', 'health']);
});

t.test('what has QoS 0 does not pile up behind a connection that takes nothing', async (t) => {
  const { retained, refused } = state();
  const broker = new BrokerDouble();
  broker.bufferedBytes = 2 * 1024 * 1024;
  retained.connected(broker);
  retained.set('health', '1', FLEETING);
  t.same(broker.sent, []);
  broker.bufferedBytes = 0;
  retained.set('health', '2', FLEETING);
  t.equal(broker.sent[0]?.payload, '2');
  broker.maxPacketBytes = 1400;
  retained.set('health', 'x'.repeat(1000), FLEETING);
  t.equal(broker.sent.length, 1);
  t.same(refused, ['health']);
});
