/** PUBLISH packets: the same bytes as those of mqtt.js, for every property and length. */
import { createRequire } from 'node:module';
import t from 'tap';
import { PacketMold } from '../../dist/publish/packet-mold.js';

interface PacketLibrary {
  generate(packet: object, options: object): Buffer;
  parser(options: object): {
    on(event: 'packet', hear: (packet: object) => void): void;
    parse(bytes: Buffer): void;
  };
}
const require = createRequire(import.meta.url);
const library = createRequire(require.resolve('mqtt'))('mqtt-packet') as PacketLibrary;

/** One packet, in a piece of exactly its size. */
function packet(mold: PacketMold, payload: string | Buffer, id?: number): Buffer {
  const size = Buffer.byteLength(payload);
  const bytes = Buffer.alloc(mold.bytesAround(size) + size);
  if (mold.write(bytes, 0, payload, size, id) !== bytes.length) throw new Error('it ends somewhere else');
  return bytes;
}

const PROPERTIES = [
  {},
  { payloadFormatIndicator: true },
  { payloadFormatIndicator: false, messageExpiryInterval: 10 },
  { messageExpiryInterval: 0xffffffff, contentType: 'application/json' },
  { contentType: 'größe', correlationData: Buffer.from([0, 255, 7]) },
  { userProperties: { schema: 'detections/1.0.0', 'naïve key': 'ü' } },
  { userProperties: { twice: ['a', 'b'] }, contentType: 'x'.repeat(300) },
];

for (const version of ['5', '3.1.1'] as const) {
  t.test(`a packet of MQTT ${version} is read as it was meant`, (t) => {
    const options = { protocolVersion: version === '5' ? 5 : 4 };
    for (const properties of PROPERTIES)
      for (const retain of [false, true])
        for (const [alias, qos] of [
          [undefined, 0],
          [1, 0],
          [256, 0],
          [undefined, 1],
        ] as const) {
          for (const payload of [
            '',
            '{"a":"ü€😀"}',
            'x'.repeat(100),
            'y'.repeat(17_000),
            Buffer.from([0, 128, 255]),
          ]) {
            const mold = new PacketMold({
              version,
              topic: alias === 256 && version === '5' ? '' : 'fleet/dock ü/cameras/gate/detections',
              send: { qos, retain, properties },
              ...(alias === undefined ? {} : { alias }),
            });
            const heard: object[] = [];
            const parser = library.parser(options);
            parser.on('packet', (packet) => heard.push(packet));
            parser.parse(packet(mold, payload, 65_535));
            const told = { ...properties, ...(alias === undefined ? {} : { topicAlias: alias }) };
            t.match(heard, [
              {
                cmd: 'publish',
                qos,
                dup: false,
                retain,
                ...(qos === 1 ? { messageId: 65_535 } : {}),
                payload: Buffer.from(payload),
              },
            ]);
            if (version === '5' && Object.keys(told).length > 0) t.match(heard, [{ properties: told }]);
            else t.notOk('properties' in (heard[0] as object) && version === '3.1.1');
          }
        }
    t.end();
  });
}

t.test('the bytes are those of mqtt.js', (t) => {
  const properties = {
    payloadFormatIndicator: true,
    messageExpiryInterval: 10,
    contentType: 'application/json',
  };
  const mold = new PacketMold({ version: '5', topic: 'a/b', send: { qos: 0, retain: false, properties } });
  for (const payload of [
    '',
    'x',
    'x'.repeat(127),
    'x'.repeat(128),
    'x'.repeat(16_384),
    'x'.repeat(2_097_152),
  ]) {
    const told = { cmd: 'publish', topic: 'a/b', qos: 0, retain: false, payload, properties };
    const theirs = library.generate(told, { protocolVersion: 5 });
    t.ok(packet(mold, payload).equals(theirs), `${payload.length} bytes`);
  }
  t.end();
});
