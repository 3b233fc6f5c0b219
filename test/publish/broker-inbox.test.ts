/** Listening outlives connections, and a broker that refuses is asked again. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { BrokerInbox } from '../../dist/publish/broker-inbox.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';

function inbox() {
  const clock = new FakeClock();
  const made = new BrokerInbox({ clock });
  const heard: string[] = [];
  const errors: string[] = [];
  const connect = (broker: BrokerDouble) => made.connected(broker, ({ code }) => errors.push(code));
  const listen = (topic: string, name = '') =>
    made.listen(topic, (payload, { retained }) =>
      heard.push(`${name}${topic}=${payload}${retained ? ' R' : ''}`),
    );
  return { made, clock, heard, errors, connect, listen };
}

t.test('topics are heard on this connection and the next', async (t) => {
  const { heard, connect, listen, made } = inbox();
  const [first, second] = [new BrokerDouble(), new BrokerDouble()];
  listen('a');
  connect(first);
  first.deliver('a', 'x', true);
  listen('b');
  first.deliver('b', 'y');
  first.deliver('c', 'never');
  made.disconnected();
  connect(second);
  second.deliver('a', 'z');
  second.deliver('b', 'z');
  t.strictSame(heard, ['a=x R', 'b=y', 'a=z', 'b=z']);
});

t.test('two may listen to one topic; the last to end gives it up', async (t) => {
  const { heard, connect, listen } = inbox();
  const broker = new BrokerDouble();
  connect(broker);
  const [one, other] = [listen('a', '1 '), listen('a', '2 ')];
  broker.deliver('a', 'x');
  one();
  one();
  broker.deliver('a', 'y');
  t.ok(broker.subscribed.has('a'));
  other();
  t.notOk(broker.subscribed.has('a'));
  t.strictSame(heard, ['1 a=x', '2 a=x', '2 a=y']);
});

t.test('what the broker refuses is said, and asked for again', async (t) => {
  const { connect, listen, made, errors, clock, heard } = inbox();
  const broker = new BrokerDouble();
  broker.subscribeRefusal = new DetectdError('MQTT_REFUSED', 'Not for you.');
  listen('a');
  connect(broker);
  await settle();
  t.match(made.refusal, { message: 'Not for you.' });
  await clock.advanceAsync(60_000);
  t.strictSame(errors, ['MQTT_REFUSED', 'MQTT_REFUSED']);
  broker.subscribeRefusal = undefined;
  await clock.advanceAsync(60_000);
  t.equal(made.refusal, undefined);
  broker.deliver('a', 'x');
  t.strictSame(heard, ['a=x']);
  t.equal(clock.pending, 0);
});

t.test('a refusal of a connection that is gone means nothing', async (t) => {
  const { connect, listen, made, errors, clock } = inbox();
  const broker = new BrokerDouble();
  broker.subscribeRefusal = new DetectdError('MQTT_REFUSED', 'Not for you.');
  connect(broker);
  listen('a');
  made.disconnected();
  await settle();
  t.strictSame([errors, made.refusal, clock.pending], [[], undefined, 0]);
});

t.test('there is an end to topics', (t) => {
  const { listen } = inbox();
  for (let index = 0; index < 64; index += 1) listen(`t${index}`);
  t.throws(() => listen('more'), { code: 'INTERNAL' });
  t.end();
});

t.test('of a whole level whatever nobody listens to by name is heard, with its topic', async (t) => {
  const { made, connect, listen, heard } = inbox();
  const broker = new BrokerDouble();
  connect(broker);
  const topics: string[] = [];
  const end = made.listen('cmd/+', (_payload, _packet, topic) => topics.push(topic));
  listen('cmd/own');
  broker.deliver('cmd/ping', 'x');
  broker.deliver('cmd/own', 'y');
  broker.deliver('cmd/ping/reply', 'never');
  end();
  broker.deliver('cmd/ping', 'z');
  t.strictSame(topics, ['cmd/ping']);
  t.strictSame(heard, ['cmd/own=y']);
});

t.test('what comes before its listener is for it, on the connection that it came on', async (t) => {
  const { heard, connect, listen, made, clock } = inbox();
  const broker = new BrokerDouble();
  listen('other');
  connect(broker);
  // Of the session that the broker kept.
  for (const topic of ['a', 'b', 'old']) broker.subscribed.add(topic);
  broker.deliver('a', 'x');
  broker.deliver('b', 'y');
  broker.deliver('a', 'kept by the broker anyway', true);
  listen('a');
  listen('a', 'second ');
  t.strictSame(heard, []);
  await settle();
  t.strictSame(heard, ['a=x']);
  for (let index = 0; index < 100; index += 1) broker.deliver('old', Buffer.alloc(10_000));
  await clock.advanceAsync(60_000);
  t.strictSame([...broker.subscribed].sort(), ['a', 'other'], 'nobody wants the rest');
  listen('b');
  await settle();
  t.strictSame(heard, ['a=x']);
  broker.subscribed.add('c');
  broker.deliver('c', 'z');
  made.disconnected();
  t.equal(clock.pending, 0);
  connect(new BrokerDouble());
  listen('c');
  await settle();
  t.strictSame(heard, ['a=x']);
});
