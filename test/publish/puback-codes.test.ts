/** Acknowledgements with reasons that MQTT 5 does not list for them. */
import { createRequire } from 'node:module';
import t from 'tap';
import { takeAllRefusals } from '../../dist/publish/puback-codes.js';

const require = createRequire(import.meta.url);
const { parser } = createRequire(require.resolve('mqtt'))('mqtt-packet');

function parsed(code: number): unknown {
  let told: unknown;
  const reader = parser({ protocolVersion: 5 });
  reader.on('packet', (packet: { reasonCode: number }) => {
    told = packet.reasonCode;
  });
  reader.on('error', () => {
    told = 'an error';
  });
  reader.parse(Buffer.from([0x40, 3, 0, 1, code]));
  return told;
}

t.test('a refusal with any reason is a refusal and no end of the connection', async (t) => {
  takeAllRefusals();
  takeAllRefusals();
  for (const code of [0, 16, 128, 135, 149, 151, 200, 255]) t.equal(parsed(code), code);
  t.equal(parsed(17), 'an error', 'what is no refusal is a broken stream');
});
