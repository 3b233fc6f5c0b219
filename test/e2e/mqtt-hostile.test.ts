/** A broker that says whatever it likes: the publisher survives it, does not believe it, and tells what is wrong. */
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { frameResult } from '../helpers/frame-result.js';
import { runningPublisher } from '../helpers/running-publisher.js';
import { CONNACK_5, protocolLevel, tcpBroker } from '../helpers/tcp-broker.js';
import { until } from '../helpers/until.js';

/** An accepting CONNACK of MQTT 5 with these properties. */
const connack = (...properties: number[]) => [
  0x20,
  3 + properties.length,
  0,
  0,
  properties.length,
  ...properties,
];

const text = (id: number, value: string) => [id, 0, Buffer.byteLength(value), ...Buffer.from(value)];

interface Packet {
  type: number;
  flags: number;
  body: Buffer;
}

/** Calls `got` with each packet of a stream; lengths of one or two bytes. */
function packets(socket: Socket, got: (packet: Packet) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const long = ((bytes[1] ?? 0) & 0x80) !== 0;
      if (bytes.length < (long ? 3 : 2)) return;
      const length = ((bytes[1] as number) & 0x7f) + (long ? (bytes[2] as number) * 128 : 0);
      const start = long ? 3 : 2;
      if (bytes.length < start + length) return;
      const first = bytes[0] as number;
      const body = bytes.subarray(start, start + length);
      bytes = bytes.subarray(start + length);
      got({ type: first >> 4, flags: first & 15, body });
    }
  });
}

/** A publisher at a broker that answers the CONNECT with `answer`. */
async function facing(t: Test, answer: number[], got: (packet: Packet, socket: Socket) => void = () => {}) {
  const { url } = await tcpBroker(t, (socket) => {
    packets(socket, (packet) => got(packet, socket));
    socket.write(Buffer.from(answer));
  });
  return runningPublisher(t, { broker: url, protocol: '5' });
}

const puback = ({ flags, body }: Packet, socket: Socket) => {
  if ((flags & 6) === 0) return;
  const at = 2 + body.readUInt16BE(0);
  socket.write(Buffer.from([0x40, 2, ...body.subarray(at, at + 2)]));
};

t.test('nonsense instead of an answer is an error that is told and tried again', async (t) => {
  const answers: Record<string, number[]> = {
    'a reason that does not exist': [0x20, 3, 0, 0xff, 0],
    'properties longer than the packet': [0x20, 3, 0, 0, 200],
    'a property that does not exist': connack(0x7f, 1, 2),
    'a packet of the server, sent by the client': [0x10, 3, 0, 0, 0],
    'an empty answer': [0x20, 0],
    'a message before the answer': [0x30, 4, 0, 1, 97, 0],
    'an endless length': [0x20, 0xff, 0xff, 0xff, 0xff, 0xff],
    text: [...Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
    'two answers': [...CONNACK_5.accepted, ...CONNACK_5.accepted],
  };
  for (const [name, answer] of Object.entries(answers)) {
    const { url } = await tcpBroker(t, (socket) => socket.end(Buffer.from(answer)));
    const { publisher, lines } = await runningPublisher(t, { broker: url, protocol: '5' });
    await until(() => lines.some(({ code }) => `${code}`.startsWith('MQTT_')));
    t.match(publisher.health(), { state: 'degraded' }, name);
    await publisher.close();
  }
});

t.test('what a broker says of its reasons never reaches the log', async (t) => {
  const properties = text(0x1f, '\u001b[31mhunter2\r\n{"level":60}');
  const refusal = [0x20, 3 + properties.length, 0, 0x87, properties.length, ...properties];
  const { lines } = await facing(t, refusal);
  await until(() => lines.some(({ code }) => code === 'MQTT_REFUSED'));
  t.notMatch(JSON.stringify(lines), /hunter2|u001b/);
});

t.test('a broker that takes one at a time gets one at a time', async (t) => {
  let [open, most, taken] = [0, 0, 0];
  const { publisher } = await facing(t, connack(0x21, 0, 1), (packet, socket) => {
    if (packet.type !== 3 || (packet.flags & 6) === 0) return;
    open += 1;
    most = Math.max(most, open);
    setImmediate(() => {
      open -= 1;
      taken += 1;
      puback(packet, socket);
    });
  });
  publisher.publishStatus('ready');
  for (let index = 0; index < 20; index += 1)
    publisher.publishCameraStatus({ camera: `c${index}`, state: 'online' } as never);
  await until(() => taken === 21);
  t.equal(most, 1);
});

t.test('a broker that takes next to nothing is sent nothing larger, and told of', async (t) => {
  const sizes: number[] = [];
  const { publisher, lines } = await facing(t, connack(0x27, 0, 0, 0, 128), ({ type, body }) => {
    if (type === 3) sizes.push(body.length);
  });
  publisher.publishStatus('ready');
  t.ok(await publisher.connected(10_000));
  for (let index = 0; index < 5; index += 1) publisher.publishDetections(frameResult({}, 10));
  t.match(publisher.health(), { state: 'degraded', reason: /larger than the 128 bytes/ });
  t.match(publisher.counters(), { published: 0, dropped: 5 });
  t.ok(lines.some(({ msg }) => /detections messages larger/.test(msg)));
  t.strictSame(sizes, []);
});

t.test('limits that no broker may have are survived', async (t) => {
  for (const odd of [
    [0x21, 0, 0],
    [0x27, 0, 0, 0, 0],
    [0x22, 0, 0],
  ]) {
    const { publisher } = await facing(t, connack(...odd), (packet, socket) => {
      if (packet.type === 3) puback(packet, socket);
    });
    publisher.publishStatus('ready');
    t.ok(await publisher.connected(10_000), `${odd}`);
    publisher.publishDetections(frameResult());
    await publisher.close();
  }
});

t.test('another identifier and another period of pings are taken from the broker', async (t) => {
  let pings = 0;
  // Server Keep Alive of one second, where 30 were asked for; an identifier that nobody wanted.
  const answer = connack(0x13, 0, 1, ...text(0x12, 'somebody else'));
  const { publisher } = await facing(t, answer, ({ type }, socket) => {
    if (type !== 12) return;
    pings += 1;
    socket.write(Buffer.from([0xd0, 0]));
  });
  t.ok(await publisher.connected(10_000));
  await until(() => pings > 0);
  t.match(publisher.health(), { state: 'ok' });
});

t.test('acknowledgements of nothing, and messages that nobody may send, do no harm', async (t) => {
  const rubbish: Record<string, number[]> = {
    'acknowledgements of what was not sent': [
      0x40, 2, 0xff, 0xff, 0x90, 4, 0xff, 0xfe, 0, 0, 0xb0, 4, 0xff, 0xfd, 0, 0,
    ],
    'a message that was not asked for': [0x30, 6, 0, 1, 97, 0, 120, 120],
    'a topic with a wildcard': [0x30, 5, 0, 1, 35, 0, 120],
    'an alias that was not allowed': [0x30, 8, 0, 1, 97, 3, 0x23, 0, 9, 120],
    'a service that does not exist': [0x36, 7, 0, 1, 97, 0, 1, 0, 120],
    'a topic longer than its packet': [0x30, 3, 0xff, 0xff, 97],
  };
  for (const [name, bytes] of Object.entries(rubbish)) {
    let connections = 0;
    let statuses = 0;
    const { url } = await tcpBroker(t, (socket) => {
      connections += 1;
      packets(socket, (packet) => {
        if (packet.type !== 3) return;
        statuses += 1;
        puback(packet, socket);
      });
      const answer = connections === 1 ? [...CONNACK_5.accepted, ...bytes] : CONNACK_5.accepted;
      socket.write(Buffer.from(answer));
    });
    const { publisher } = await runningPublisher(t, { broker: url, protocol: '5' });
    await until(() => connections > 1 || publisher.health().state === 'ok');
    publisher.publishStatus('ready');
    await until(() => statuses > 0);
    t.ok(await publisher.connected(10_000), name);
    await publisher.close();
  }
});

t.test('a flood that the device did not ask for is not kept', async (t) => {
  const message = Buffer.alloc(100_000, 120);
  const packet = Buffer.concat([Buffer.from([0x30, 0xa4, 0x8d, 0x06, 0, 1, 97, 0]), message]);
  let sent = 0;
  const { url } = await tcpBroker(t, (socket, connect) => {
    t.equal(protocolLevel(connect), 5);
    socket.write(Buffer.from(CONNACK_5.accepted));
    const more = () => {
      while (sent < 2000) {
        sent += 1;
        if (!socket.write(packet)) return;
      }
      socket.end();
    };
    socket.on('drain', more);
    more();
  });
  const before = process.memoryUsage().arrayBuffers;
  const { publisher, lines } = await runningPublisher(t, { broker: url, protocol: '5' });
  await until(() => lines.some(({ code }) => code === 'MQTT_UNREACHABLE'), 30_000);
  t.equal(sent, 2000);
  t.ok(process.memoryUsage().arrayBuffers - before < 120e6, 'of 200 MB');
  await publisher.close();
});
