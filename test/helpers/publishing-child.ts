/** A process that publishes until it is killed: `node publishing-child.ts URL`. Prints `connected`. */
import { systemClock } from '../../dist/base/clock.js';
import { MqttPublisher } from '../../dist/publish/mqtt-publisher.js';
import { logLines } from './log-lines.js';
import { mqttConfig } from './mqtt-config.js';

const publisher = new MqttPublisher({
  config: mqttConfig({ broker: process.argv[2] }),
  device: 'dock-3',
  bootId: 'child',
  clock: systemClock,
  log: logLines().log,
});
publisher.publishStatus('ready');
await publisher.start(new AbortController().signal);
if (await publisher.connected(10_000)) process.stdout.write('connected\n');
