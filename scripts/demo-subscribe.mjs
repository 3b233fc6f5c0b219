/** Prints every message of the broker inside detectd: scripts/demo-subscribe.mjs PORT. For machines without mosquitto_sub. */
import { connect } from 'mqtt';

const [port = '1883'] = process.argv.slice(2);
// The broker inside detectd speaks MQTT 3.1.1.
const client = connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4 });
client.on('connect', () => client.subscribe('detectd/#'));
client.on('message', (topic, payload) => process.stdout.write(`${topic} ${payload}\n`));
client.on('error', (error) => {
  process.stderr.write(`error: no broker at 127.0.0.1:${port}: ${error.message || error.code}\n`);
  process.exit(1);
});
// Whoever reads this through a pipe may leave first.
process.stdout.on('error', () => process.exit(0));
