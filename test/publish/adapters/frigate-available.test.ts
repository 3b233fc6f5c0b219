import t, { type Test } from 'tap';
import { DetectdError } from '../../../dist/base/errors.js';
import { FrigateAvailable } from '../../../dist/publish/adapters/frigate-available.js';
import { BrokerDouble } from '../../helpers/broker-double.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { logLines } from '../../helpers/log-lines.js';
import { mqttConfig } from '../../helpers/mqtt-config.js';
import { until } from '../../helpers/until.js';

function available(t: Test, broker: BrokerDouble | undefined) {
  const clock = new FakeClock();
  const dialled: unknown[] = [];
  const { log, lines } = logLines();
  const made = new FrigateAvailable({
    ...{ topic: 'frigate/available', config: mqttConfig(), clientId: 'detectd-dock-3-frigate', clock, log },
    urls: () => ['mqtt://double:1883'],
    dialer: {
      connect: async (options) => {
        dialled.push(options);
        if (broker === undefined)
          throw new DetectdError('MQTT_UNREACHABLE', 'There is no broker.', 'Start it.');
        return broker;
      },
    },
  });
  t.teardown(() => made.close());
  return { made, dialled, lines };
}

const said = (broker: BrokerDouble) =>
  broker.sent.map(({ topic, payload, options }) => ({ topic, payload, ...options }));
const retained = { topic: 'frigate/available', qos: 1, retain: true };

t.test('it is online while there is a connection, and stopped after it', async (t) => {
  const broker = new BrokerDouble();
  const { made, dialled } = available(t, broker);
  await made.start(new AbortController().signal);
  await until(() => broker.sent.length > 0);
  t.match(dialled, [
    { clientId: 'detectd-dock-3-frigate', will: { topic: 'frigate/available', payload: 'offline' } },
  ]);
  t.equal(made.health().state, 'ok');
  await made.close();
  t.same(said(broker), [
    { ...retained, payload: 'online' },
    { ...retained, payload: 'stopped' },
  ]);
  t.ok(broker.ended, 'the broker is told not to say "offline"');
});

t.test('without a broker it is degraded, logged once, and ends at once', async (t) => {
  const { made, lines } = available(t, undefined);
  await made.start(new AbortController().signal);
  await until(() => lines.length > 0);
  t.match(made.health(), { state: 'degraded', reason: /no broker/ });
  t.match(lines, [{ msg: /availability for Frigate: There is no broker/, code: 'MQTT_UNREACHABLE' }]);
  await made.close();
});
