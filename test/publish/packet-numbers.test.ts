/** The MQTT library's buffers of numbers, in a process that has sent nothing yet. */
import { execFileSync } from 'node:child_process';
import t from 'tap';

const MODULE = new URL('../../dist/publish/packet-numbers.js', import.meta.url).href;

interface Sent {
  /** Numbers that the library keeps. */
  kept: number;
  /** Packet lengths that it made a buffer for. */
  lengths: number;
  /** Each packet as it was written, or why it was not, and what the last write said. */
  packets: { digest: string; bytes: number; error?: string; room: boolean }[];
}

/** Packets as they are written by the library, with or without what this does to it. */
function send(keepNone: boolean): Sent {
  const script = `
    import { createHash } from 'node:crypto';
    import { createRequire } from 'node:module';
    import { Writable } from 'node:stream';
    const require = createRequire(createRequire(${JSON.stringify(MODULE)}).resolve('mqtt'));
    const numbers = require('mqtt-packet/numbers');
    const { genBufVariableByteInt } = numbers;
    const lengths = new Set();
    numbers.genBufVariableByteInt = (number) => {
      lengths.add(number);
      return genBufVariableByteInt(number);
    };
    if (${keepNone}) {
      const { keepNoNumbers } = await import(${JSON.stringify(MODULE)});
      keepNoNumbers();
      keepNoNumbers();
    }
    const { writeToStream } = require('mqtt-packet');
    const packets = [];
    const write = async (packet, protocolVersion) => {
      const hash = createHash('sha256');
      let bytes = 0;
      let error;
      const stream = new Writable({
        decodeStrings: false,
        highWaterMark: 1000,
        write(chunk, encoding, done) {
          hash.update(chunk);
          bytes += Buffer.byteLength(chunk);
          done();
        },
      }).on('error', ({ message }) => (error = message));
      const room = writeToStream(packet, stream, protocolVersion && { protocolVersion });
      await new Promise((resolve) => stream.on('close', resolve).end());
      packets.push({ digest: hash.digest('hex'), bytes, error, room });
    };
    const told = {
      messageExpiryInterval: 60,
      contentType: 'application/json',
      payloadFormatIndicator: true,
      userProperties: { schema: 'detections/1.0.0', more: ['one', 'grün'] },
      correlationData: Buffer.from([0, 255]),
      topicAlias: 3,
    };
    const texts = [0, 1, 40, 100, 110, 127, 200, 2000, 16384, 20000, 2097152, 2100000].map((length) => 'x'.repeat(length));
    const topic = 'größe/数';
    for (const payload of [undefined, ...texts, 'grüße, 数', Buffer.from([1, 0, 255])])
      for (const delivery of [{}, { qos: 1, retain: true, messageId: 300 }, { qos: 1, dup: true, messageId: 65535 }])
        for (const [version, properties] of [[undefined], [4, told], [5], [5, {}], [5, told]])
          await write({ cmd: 'publish', topic, payload, ...delivery, properties }, version);
    await write({ cmd: 'publish', topic, payload: 'x', qos: 1 }, 5);
    await write({ cmd: 'publish', payload: 'x' }, 5);
    await write({ cmd: 'publish', topic, payload: 'x', properties: { nonsense: 1 } }, 5);
    await write({ cmd: 'puback', messageId: 7 }, 4);
    const kept = Object.keys(numbers.cache).length;
    process.stdout.write(JSON.stringify({ kept, lengths: lengths.size, packets }));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
  ) as Sent;
}

t.test('no number is kept and no length of a message, and packets are the same', (t) => {
  const [lean, usual] = [send(true), send(false)];
  t.strictSame(lean.packets, usual.packets);
  t.equal(
    lean.packets.filter(({ error }) => error !== undefined).length,
    3,
    'what makes no packet ends the stream',
  );
  t.ok(
    lean.packets.some(({ room }) => room),
    'who writes too fast is told',
  );
  t.ok(lean.packets.some(({ room, error }) => !room && error === undefined));
  t.equal(lean.kept, 0);
  t.ok(lean.lengths < 15, `${lean.lengths} lengths, those of topics and what stands beside messages`);
  t.equal(usual.kept, 65_536, 'the library still does what this is for');
  t.ok(usual.lengths > 60, `${usual.lengths} lengths`);
  t.end();
});
