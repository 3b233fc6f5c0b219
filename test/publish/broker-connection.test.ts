/** An established connection: acknowledgements, refusals and every way of its end. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import type { DetectdError } from '../../dist/base/errors.js';
import { fitsPacket, hangUp, type Receive } from '../../dist/publish/broker-connection.js';
import { dial } from '../../dist/publish/broker-dial.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { mqttConfig } from '../helpers/mqtt-config.js';
import { CONNACK_5, tcpBroker } from '../helpers/tcp-broker.js';

/** A connection, the broker's end of it, and the broker's answer to what comes next. */
async function connected(t: Test, connack: readonly number[] = CONNACK_5.accepted) {
  let peer: Socket | undefined;
  const { url } = await tcpBroker(t, (socket) => {
    peer = socket;
    socket.write(Buffer.from(connack));
  });
  const config = mqttConfig({ broker: url });
  const options = {
    config,
    url,
    clientId: 'c',
    version: '5',
    timeoutMs: 10_000,
    clock: systemClock,
  } as const;
  const result = await dial(options);
  if (!result.ok || !peer) throw new Error('not connected');
  t.teardown(() => result.connection.destroy());
  return { connection: result.connection, peer };
}

const retained = { qos: 1, retain: true } as const;

t.test('QoS 1 is acknowledged by the broker, or refused with its reason', async (t) => {
  const { connection, peer } = await connected(t);
  const answers: (DetectdError | undefined)[] = [];
  const answered = new Promise<void>((resolve) => {
    const answer = (error?: DetectdError) => {
      answers.push(error);
      if (answers.length === 2) resolve();
    };
    connection.send('a', '1', retained, answer);
    connection.send('b', '2', retained, answer);
  });
  // Each packet: type, length, topic of one letter, identifier, properties, payload of one letter.
  let bytes = Buffer.alloc(0);
  while (bytes.length < 18) bytes = Buffer.concat([bytes, ...((await once(peer, 'data')) as [Buffer])]);
  const [first, second] = [bytes.subarray(5, 7), bytes.subarray(14, 16)];
  peer.write(Buffer.from([0x40, 2, ...first, 0x40, 4, ...second, 0x87, 0]));
  await answered;
  t.equal(answers[0], undefined);
  t.match(answers[1], { code: 'MQTT_REFUSED', message: /not authorise this client \(topic b\)/ });
});

t.test('QoS 0 is written without waiting', async (t) => {
  const { connection, peer } = await connected(t);
  connection.send('topic', 'payload', { qos: 0, retain: false, properties: { messageExpiryInterval: 9 } });
  const [bytes] = (await once(peer, 'data')) as [Buffer];
  t.equal(bytes[0], 0x30);
  const expiry = Buffer.from([5, 2, 0, 0, 0, 9]);
  t.ok(bytes.includes(Buffer.concat([Buffer.from('topic'), expiry, Buffer.from('payload')])));
});

t.test('what is under way is counted, and who waits for room is told of it', async (t) => {
  // Receive Maximum 2.
  const { connection, peer } = await connected(t, [0x20, 6, 0, 0, 3, 0x21, 0, 2]);
  t.equal(connection.maxInFlight, 2);
  const told = new Promise<string>((resolve) => {
    connection.whenRoom(() => resolve(`${connection.inFlight} under way`));
  });
  connection.send('a', '1', retained);
  connection.send('b', '2', { qos: 0, retain: false });
  connection.send('c', '3', retained, () => t.fail('not acknowledged'));
  t.equal(connection.inFlight, 2);
  const [bytes] = (await once(peer, 'data')) as [Buffer];
  peer.write(Buffer.from([0x40, 2, ...bytes.subarray(5, 7)]));
  t.equal(await told, '1 under way');
});

/** Topic and alias of each message of QoS 0 with a payload of one letter and no property but the alias. */
async function aliases(peer: Socket, count: number): Promise<string[]> {
  const found: string[] = [];
  let bytes = Buffer.alloc(0);
  while (found.length < count) {
    if (bytes.length < 2 || bytes.length < 2 + (bytes[1] as number)) {
      bytes = Buffer.concat([bytes, ...((await once(peer, 'data')) as [Buffer])]);
      continue;
    }
    const packet = bytes.subarray(2, 2 + (bytes[1] as number));
    const topicEnd = 2 + packet.readUInt16BE(0);
    const properties = packet.subarray(topicEnd + 1, -1);
    found.push(
      `${packet.subarray(2, topicEnd)}#${properties.length === 0 ? '' : properties.readUInt16BE(1)}`,
    );
    bytes = bytes.subarray(2 + packet.length);
  }
  return found;
}

t.test('a topic is told once for a connection, for as many as the broker takes', async (t) => {
  // Topic Alias Maximum 2.
  const { connection, peer } = await connected(t, [0x20, 6, 0, 0, 3, 0x22, 0, 2]);
  const options = { qos: 0, retain: false, alias: true } as const;
  const heard = aliases(peer, 9);
  for (const topic of ['a', 'b', 'a', 'b', 'c', 'c', 'a']) connection.send(topic, 'x', options);
  connection.send('a', 'x', { qos: 0, retain: false });
  connection.send('a', 'x', { ...options });
  t.strictSame(await heard, ['a#1', 'b#2', '#1', '#2', 'c#', 'c#', '#1', 'a#', '#1']);
});

t.test('no alias is used where the broker takes none, nor with QoS 1', async (t) => {
  const none = await connected(t);
  const heard = aliases(none.peer, 2);
  const options = { qos: 0, retain: false, alias: true } as const;
  for (const topic of ['a', 'a']) none.connection.send(topic, 'x', options);
  t.strictSame(await heard, ['a#', 'a#']);
  const { connection, peer } = await connected(t, [0x20, 6, 0, 0, 3, 0x22, 0xff, 0xff]);
  connection.send('a', 'x', { ...retained, alias: true });
  const [bytes] = (await once(peer, 'data')) as [Buffer];
  t.equal(bytes.subarray(2, 5).toString(), '\0\x01a');
  t.equal(bytes[7], 0, 'no properties');
});

t.test('of more aliases than anybody needs some are used', async (t) => {
  const { connection, peer } = await connected(t, [0x20, 6, 0, 0, 3, 0x22, 0xff, 0xff]);
  const options = { qos: 0, retain: false, alias: true } as const;
  const heard = aliases(peer, 301);
  for (let index = 0; index < 300; index += 1) connection.send(`t${index}`, 'x', options);
  connection.send('t255', 'x', options);
  const all = await heard;
  t.strictSame([all[0], all[255], all[256], all[300]], ['t0#1', 't255#256', 't256#', '#256']);
});

/** A message of QoS 0 on a topic of one letter with a response topic, correlation data and a user property. */
const KEPT = [
  0x30, 23, 0, 1, 97, 17, 8, 0, 1, 114, 9, 0, 1, 7, 0x26, 0, 1, 107, 0, 3, 118, 118, 118, 120, 120,
];

t.test('what comes before anybody subscribes is for the first who does', async (t) => {
  const { connection, peer } = await connected(t, [...CONNACK_5.accepted, ...KEPT]);
  peer.on('data', (subscribe: Buffer) => {
    peer.write(Buffer.from([0x90, 4, subscribe[2] ?? 0, subscribe[3] ?? 0, 0, 1]));
  });
  const heard: unknown[] = [];
  const receive: Receive = (topic, payload, packet) => {
    heard.push([topic, payload.toString(), packet.retained, { ...packet.properties }]);
  };
  await connection.subscribe(['a'], receive);
  await connection.subscribe(['b'], () => t.fail('only once'));
  const properties = { responseTopic: 'r', correlationData: Buffer.from([7]), userProperties: { k: 'vvv' } };
  t.match(heard, [['a', 'xx', false, properties]]);
});

t.test('a refused subscription rejects', async (t) => {
  const { connection, peer } = await connected(t);
  peer.once('data', (subscribe: Buffer) => {
    peer.write(Buffer.from([0x90, 4, subscribe[2] ?? 0, subscribe[3] ?? 0, 0, 0x87]));
  });
  await t.rejects(
    connection.subscribe(['a'], () => {}),
    { code: 'MQTT_REFUSED', message: /subscribing/ },
  );
});

t.test('a subscription that is cut off rejects', async (t) => {
  const { connection, peer } = await connected(t);
  peer.once('data', () => peer.destroy());
  await t.rejects(
    connection.subscribe(['a'], () => {}),
    { code: 'MQTT_UNREACHABLE' },
  );
});

t.test('a connection that the broker closes is over with a reason', async (t) => {
  const { connection, peer } = await connected(t);
  peer.end();
  t.match(await connection.over, { code: 'MQTT_UNREACHABLE', message: /closed the connection/ });
});

t.test('a client with the same identifier is named as the reason', async (t) => {
  const { connection, peer } = await connected(t);
  peer.end(Buffer.from([0xe0, 2, 0x8e, 0]));
  t.match(await connection.over, { code: 'MQTT_REFUSED', message: /same identifier/ });
});

t.test('nonsense from the broker ends the connection', async (t) => {
  const { connection, peer } = await connected(t);
  peer.write(Buffer.from([0x00, 0x00, 0xff]));
  t.match(await connection.over, { code: 'MQTT_UNREACHABLE' });
});

t.test('ending says goodbye, destroying does not, and neither has a reason', async (t) => {
  const ending = await connected(t);
  ending.connection.end();
  const [bytes] = (await once(ending.peer, 'data')) as [Buffer];
  t.equal(bytes[0], 0xe0, 'DISCONNECT');
  t.equal(await ending.connection.over, undefined);
  const cutting = await connected(t);
  const closed = once(cutting.peer, 'close');
  cutting.peer.on('data', () => t.fail('no goodbye'));
  cutting.connection.destroy();
  t.equal(await cutting.connection.over, undefined);
  await closed;
});

t.test('hanging up on a broker that does not go along ends with the time', async (t) => {
  const broker = new BrokerDouble();
  broker.prompt = false;
  const clock = new FakeClock();
  const done = hangUp(broker, clock, 500);
  t.ok(broker.ended);
  t.notOk(broker.destroyed);
  await clock.advanceAsync(500);
  await done;
  t.ok(broker.destroyed);
});

t.test('the size of a message counts in bytes, header included', async (t) => {
  const broker = new BrokerDouble();
  broker.maxPacketBytes = 2450;
  t.ok(fitsPacket('a/b/c/d/e/', 'x'.repeat(2000), broker));
  t.notOk(fitsPacket('a/b/c/d/e/', 'x'.repeat(2001), broker));
  t.notOk(fitsPacket('a/b/c/d/e/', 'ä'.repeat(1001), broker));
  t.notOk(fitsPacket('a/b/c/d/e/f', 'x'.repeat(2000), broker), 'nor under a longer topic');
  broker.maxPacketBytes = 1000;
  t.ok(fitsPacket('detectd/dock-3/events', 'x'.repeat(500), broker), 'a small one to a broker of small ones');
});
