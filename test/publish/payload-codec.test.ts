/** Payloads in both forms: what is sent is what is read, and nothing that is sent by others does harm. */
import t from 'tap';
import { asJson, decodePayload, PayloadCodec } from '../../dist/publish/payload-codec.js';
import { detectionsPayload, SCHEMA_VERSION } from '../../dist/publish/payloads.js';
import { frameResult } from '../helpers/frame-result.js';

const json = new PayloadCodec({ format: 'json', user_properties: true });
const cbor = new PayloadCodec({ format: 'cbor', user_properties: true });
const silent = new PayloadCodec({ format: 'json', user_properties: false });

const context = { device: 'dock-3', bootId: '7f3c', seq: 1, nowMonotonicUs: 0, nowWallMs: 0 };

t.test('JSON is text, CBOR is shorter, and both are read back the same', (t) => {
  const payload = detectionsPayload(frameResult({}, 10), context);
  const text = json.encode(payload);
  const bytes = cbor.encode(payload) as Buffer;
  t.equal(text, JSON.stringify(payload));
  t.ok(bytes.length < text.length * 0.85, `${bytes.length} of ${text.length} bytes`);
  t.strictSame(decodePayload(bytes), JSON.parse(JSON.stringify(payload)));
  t.strictSame(decodePayload(Buffer.from(text)), JSON.parse(JSON.stringify(payload)));
  t.end();
});

t.test('text that was kept is sent as it is, or as the same CBOR', (t) => {
  const payload = { a: [1, 2.5, 'x', null, true], historical: true };
  const kept = JSON.stringify(payload);
  t.equal(json.encode(kept), kept);
  t.strictSame(cbor.encode(kept), cbor.encode(payload));
  t.end();
});

t.test('CBOR says what JSON would have said', (t) => {
  const odd = { a: undefined, b: Number.NaN, c: new Date(0), d: [undefined], e: { f: undefined } };
  t.strictSame(decodePayload(cbor.encode(odd) as Buffer), JSON.parse(JSON.stringify(odd)));
  const numbers = [
    0, -1, 255, 65_536, 4_294_967_296, 1_763_884_800_123, -0.5, 0.1, 1e-7, 1e21, 0.123456789012,
  ];
  t.strictSame(decodePayload(cbor.encode({ numbers }) as Buffer), { numbers });
  t.end();
});

t.test('names that mean something to JavaScript do no harm', (t) => {
  const bytes = cbor.encode('{"__proto__":{"polluted":true},"constructor":1}') as Buffer;
  const read = decodePayload(bytes) as Record<string, unknown>;
  t.equal(Object.getPrototypeOf(read), Object.prototype);
  t.equal(read['polluted'], undefined);
  t.equal(read['constructor'], 1);
  t.end();
});

t.test('what is neither form is no payload', (t) => {
  const tagged = Buffer.from('a16161d81c80', 'hex');
  for (const bytes of [Buffer.alloc(0), Buffer.from('{'), tagged, Buffer.from([0xff]), Buffer.from([0xa1])]) {
    t.throws(() => decodePayload(bytes), SyntaxError);
    t.equal(asJson(bytes), bytes);
  }
  t.end();
});

t.test('JSON text stands for a document in either form', (t) => {
  const text = Buffer.from('{"version":3}');
  t.equal(asJson(text), text);
  t.equal(asJson(cbor.encode('{"version":3}') as Buffer).toString(), '{"version":3}');
  t.end();
});

t.test('each kind says its schema and its form, where that is wanted', (t) => {
  const retained = { qos: 1, retain: true } as const;
  const userProperties = { schema: `status/${SCHEMA_VERSION}` };
  t.strictSame(json.sendOptions('status', retained), {
    ...retained,
    properties: { contentType: 'application/json', payloadFormatIndicator: true, userProperties },
  });
  t.strictSame(cbor.sendOptions('status', retained), {
    ...retained,
    properties: { contentType: 'application/cbor', userProperties },
  });
  t.strictSame(silent.sendOptions('status', retained), retained);
  t.strictSame(silent.sendOptions('detections', { qos: 0, retain: false, expiryS: 10, alias: true }), {
    ...{ qos: 0, retain: false, alias: true },
    properties: { messageExpiryInterval: 10 },
  });
  t.notOk('alias' in silent.sendOptions('event', { ...retained, alias: true }), 'never with QoS 1');
  t.end();
});
