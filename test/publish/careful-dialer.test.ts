/** What one connection showed is known to the next one with that broker. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { CarefulDialer } from '../../dist/publish/careful-dialer.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { mqttConfig } from '../helpers/mqtt-config.js';

t.test('each broker has its own suspects, and an end that shows one is told once', async (t) => {
  const clock = new FakeClock();
  const doubles: BrokerDouble[] = [];
  let display = 'mqtt://one:1883';
  const dialer = new CarefulDialer(
    {
      connect: async () => {
        const double = Object.assign(new BrokerDouble(), { prompt: false, display });
        doubles.push(double);
        return double;
      },
    },
    clock,
  );
  const end = async () => {
    const connection = await dialer.connect({
      config: mqttConfig(),
      url: '',
      clientId: 'c',
      timeoutMs: 1,
      clock,
    });
    connection.send('a', '1', { qos: 1, retain: false });
    doubles.at(-1)?.lose(new DetectdError('MQTT_UNREACHABLE', 'closed'));
    await connection.over;
  };
  await end();
  display = 'mqtt://two:1883';
  await end();
  t.notOk(dialer.takeAdvance());
  await end();
  t.ok(dialer.takeAdvance());
  t.notOk(dialer.takeAdvance());
});
