/** Looking at a device while its broker comes and goes. */
import t, { type Test } from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { BrokerConnection, Receive } from '../../dist/publish/broker-connection.js';
import { DeviceWatch } from '../../dist/publish/device-watch.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';
import { mqttConfig } from '../helpers/mqtt-config.js';

const down = new DetectdError('MQTT_UNREACHABLE', 'The broker is down.');
const refused = new DetectdError('MQTT_REFUSED', 'Wrong password.');

class Speaking extends BrokerDouble implements BrokerConnection {
  receive: Receive = () => {};
  refusal: DetectdError | undefined;
  override async subscribe(_filters?: string[], receive?: Receive) {
    if (this.refusal) throw this.refusal;
    if (receive) this.receive = receive;
  }
  say(topic: string, value: unknown) {
    this.receive(`detectd/dock-3/${topic}`, Buffer.from(JSON.stringify(value)), { retained: false });
  }
}

function watching(t: Test, answers: (Speaking | DetectdError)[]) {
  const clock = new FakeClock();
  const ending = new AbortController();
  const seen = { changes: 0 };
  const dialled: string[] = [];
  const watch = new DeviceWatch({
    config: mqttConfig({ client_id: 'me' }),
    device: 'dock-3',
    clock,
    changed: () => {
      seen.changes += 1;
    },
    dialer: {
      connect: async ({ clientId }) => {
        dialled.push(clientId);
        const answer = answers[dialled.length - 1] ?? down;
        if (answer instanceof DetectdError) throw answer;
        return answer;
      },
    },
  });
  const over = watch.run(ending.signal);
  t.teardown(() => ending.abort());
  return { watch, clock, ending, seen, over, dialled };
}

t.test('what is heard is a change; the name is not that of the device', async (t) => {
  const broker = new Speaking();
  const { watch, seen, dialled } = watching(t, [broker]);
  await settle();
  t.ok(watch.connected);
  t.equal(seen.changes, 1);
  broker.say('status', { state: 'ready' });
  broker.say('elsewhere', {});
  t.equal(seen.changes, 2);
  t.match(watch.book.state, { status: { state: 'ready' } });
  t.match(dialled[0], /^me-status-[0-9a-f]+$/);
});

t.test('a broker that goes is dialled again, and what was heard is kept', async (t) => {
  const [first, second] = [new Speaking(), new Speaking()];
  const { watch, clock, seen, dialled } = watching(t, [first, down, second]);
  await settle();
  first.say('status', { state: 'ready' });
  first.lose(down);
  await settle();
  t.match(watch, { connected: false, everConnected: true, fault: down });
  t.match(watch.book.state, { status: { state: 'ready' } });
  t.equal(seen.changes, 3);
  await clock.advanceAsync(500);
  t.equal(dialled.length, 2);
  await clock.advanceAsync(5000);
  t.match(watch, { connected: true, fault: undefined });
  second.say('status', { state: 'degraded' });
  t.match(watch.book.state, { status: { state: 'degraded' } });
});

t.test('a broker that is not there yet is waited for', async (t) => {
  const broker = new Speaking();
  const { watch, clock } = watching(t, [down, broker]);
  await settle();
  t.match(watch, { connected: false, everConnected: false, fault: down });
  await clock.advanceAsync(500);
  t.ok(watch.connected);
});

t.test('a refusal at the very beginning is the end, a later one is not', async (t) => {
  await t.rejects(watching(t, [refused]).over, refused);
  const shut = new Speaking();
  shut.refusal = refused;
  await t.rejects(watching(t, [shut]).over, refused);
  t.ok(shut.destroyed);
  const broker = new Speaking();
  const { watch, clock } = watching(t, [broker, refused]);
  await settle();
  broker.lose(down);
  await clock.advanceAsync(600);
  t.match(watch, { connected: false, fault: refused });
});

t.test('it ends when it is told to: connected, waiting, and before it began', async (t) => {
  const broker = new Speaking();
  const connected = watching(t, [broker]);
  await settle();
  connected.ending.abort();
  await connected.over;
  t.ok(broker.ended);
  const waiting = watching(t, [down]);
  await settle();
  waiting.ending.abort();
  await waiting.over;
  t.equal(waiting.clock.pending, 0);
});
