/** Suspected messages go alone, all others as always, through brokers that close connections. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { SendOptions } from '../../dist/publish/broker-connection.js';
import { CarefulConnection } from '../../dist/publish/careful-connection.js';
import { RetainedState } from '../../dist/publish/retained-state.js';
import { Suspects } from '../../dist/publish/suspects.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';

const QOS_0: SendOptions = { qos: 0, retain: false };
const QOS_1: SendOptions = { qos: 1, retain: false };
const closed = new DetectdError('MQTT_UNREACHABLE', 'closed');

/** Closes the connection at a message that it does not like, and acknowledges no others from then on. */
class Picky extends BrokerDouble {
  readonly #dislikes: (topic: string, payload: string) => boolean;
  closed = false;

  constructor(dislikes: (topic: string, payload: string) => boolean) {
    super();
    this.#dislikes = dislikes;
  }

  override send(topic: string, payload: string, options: SendOptions, done?: (error?: DetectdError) => void) {
    if (this.#dislikes(topic, payload)) this.closed = true;
    if (this.closed) this.prompt = false;
    super.send(topic, payload, options, done);
    if (this.closed) this.lose(closed);
  }
}

function connections() {
  const clock = new FakeClock();
  const suspects = new Suspects(clock);
  return { clock, suspects, over: (double: BrokerDouble) => new CarefulConnection(double, suspects, clock) };
}

t.test('without suspects everything goes through at once', async (t) => {
  const { over } = connections();
  const double = new BrokerDouble();
  const connection = over(double);
  const answers: unknown[] = [];
  connection.send('a', '1', QOS_1, (error) => answers.push(error));
  connection.send('b', '2', QOS_0, () => answers.push('sent'));
  t.same(double.topics(), ['a', 'b']);
  t.same(answers, [undefined, 'sent']);
  t.equal(connection.inFlight, 0);
  connection.end();
  t.equal(await connection.over, undefined);
});

t.test('a suspect goes when the others are acknowledged, and nothing goes with it', async (t) => {
  const { over, suspects } = connections();
  suspects.ended([{ name: 'x', topic: 't', bytes: 1 }]);
  suspects.ended([{ name: 'x', topic: 't', bytes: 1 }]);
  const double = new BrokerDouble();
  double.prompt = false;
  const connection = over(double);
  connection.send('a', '1', QOS_1);
  connection.send('t', '2', QOS_1, undefined, 'x');
  t.equal(connection.inFlight, connection.maxInFlight, 'there is no room');
  connection.send('b', '3', QOS_0);
  t.same(double.topics(), ['a', 'b']);
  double.sent[0]?.acknowledge?.();
  t.same(double.topics(), ['a', 'b', 't']);
  connection.send('c', '45', QOS_0);
  t.equal(connection.bufferedBytes, 2);
  t.same(double.topics(), ['a', 'b', 't']);
  double.sent[2]?.acknowledge?.();
  t.same(double.topics(), ['a', 'b', 't', 'c']);
  t.equal(connection.inFlight, 0);
  t.equal(connection.bufferedBytes, 0);
});

t.test('a retained state that ends connections is refused, the others arrive', async (t) => {
  const { over, clock } = connections();
  const refused: string[] = [];
  const retained = new RetainedState({ refused: (topic) => refused.push(topic) });
  for (const topic of ['bad', 'a', 'b']) retained.set(topic, topic);
  let ends = 0;
  for (let each = 0; each < 12; each += 1) {
    const double = new Picky((topic) => topic === 'bad');
    const connection = over(double);
    retained.connected(connection);
    await clock.advanceAsync(2000);
    await settle();
    retained.disconnected();
    if (!double.closed) {
      t.same(double.topics().sort(), ['a', 'b']);
      t.same(refused, ['bad']);
      return;
    }
    ends += 1;
    t.ok(ends <= 7, 'after few ends');
  }
  t.fail('it goes on');
});

t.test('a broker that ends at random makes no message guilty', async (t) => {
  const { over, clock, suspects } = connections();
  const topics = Array.from({ length: 10 }, (_, index) => `t${index}`);
  const retained = new RetainedState({ refused: (topic) => t.fail(topic) });
  for (const topic of topics) retained.set(topic, topic);
  for (let each = 0; each < 200; each += 1) {
    let left = (each * 7) % 11;
    retained.connected(over(new Picky(() => left-- <= 0)));
    await clock.advanceAsync(each % 3 === 0 ? 5 : 1500);
    await settle();
    retained.disconnected();
  }
  for (const topic of topics) t.equal(suspects.verdict({ name: topic, topic, bytes: 2 }), undefined);
});

t.test('a broker that takes nothing at all makes no message guilty', async (t) => {
  const { over, clock, suspects } = connections();
  for (let each = 0; each < 50; each += 1) {
    const connection = over(new Picky(() => true));
    connection.send('a', '1', QOS_1);
    connection.send('b', '1', QOS_1);
    await clock.advanceAsync(60_000);
  }
  for (const name of ['a', 'b']) t.equal(suspects.verdict({ name, topic: name, bytes: 1 }), undefined);
});
