/** Reading what a device retained, from a broker that may hold anything. */
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { DetectdError } from '../../dist/base/errors.js';
import type { BrokerConnection, Receive } from '../../dist/publish/broker-connection.js';
import { readDeviceState } from '../../dist/publish/device-state.js';
import { EmbeddedBroker } from '../../dist/publish/embedded-broker.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { logLines } from '../helpers/log-lines.js';
import { mqttConfig } from '../helpers/mqtt-config.js';
import { runningPublisher } from '../helpers/running-publisher.js';

async function embedded(t: Test): Promise<EmbeddedBroker> {
  const { log } = logLines();
  const broker = new EmbeddedBroker({ host: '127.0.0.1', port: 0, clock: systemClock, log });
  t.teardown(() => broker.close());
  await broker.start(new AbortController().signal);
  return broker;
}

/** Reads from a broker that delivers `messages` on subscribing, and lets `ms` pass. */
async function read(messages: [topic: string, text: string][], ms = 0) {
  const clock = new FakeClock();
  class Delivering extends BrokerDouble implements BrokerConnection {
    override async subscribe(_filters?: string[], receive?: Receive) {
      for (const [topic, text] of messages) receive?.(topic, Buffer.from(text), { retained: true });
    }
  }
  const dialer = { connect: async () => new Delivering() };
  const state = readDeviceState(mqttConfig(), 'dock-3', { timeoutMs: 3000, clock, dialer });
  await clock.advanceAsync(ms);
  return state;
}

const root = 'detectd/dock-3';
const info = JSON.stringify({ cameras: ['gate'], models: {} });
const status = JSON.stringify({ state: 'ready' });
const gate = JSON.stringify({ state: 'online' });

t.test('what a publisher retained is read back, without waiting for the time to pass', async (t) => {
  const broker = await embedded(t);
  const { publisher } = await runningPublisher(t, { broker: broker.address });
  publisher.publishStatus('ready');
  publisher.publishInfo({ cameras: ['gate'], models: {} } as never);
  publisher.publishCameraStatus({ camera: 'gate', state: 'online', reconnects: 0 } as never);
  t.ok(await publisher.connected(10_000));
  const options = { timeoutMs: 600_000 };
  const state = await readDeviceState(mqttConfig({ broker: broker.address }), 'dock-3', options);
  t.match(state, {
    device: 'dock-3',
    status: { state: 'ready', boot_id: '7f3c' },
    info: { cameras: ['gate'] },
    cameras: { gate: { state: 'online' } },
  });
});

t.test('it is complete when every camera of the list has come, and health', async (t) => {
  const state = await read([
    [`${root}/cameras/gate/status`, gate],
    [`${root}/status`, status],
    [`${root}/info`, info],
    [`${root}/health`, '{"uptime_s":7}'],
  ]);
  t.match(state, {
    status: { state: 'ready' },
    cameras: { gate: { state: 'online' } },
    health: { uptime_s: 7 },
  });
});

t.test('health is waited for shortly when all else is there: not every device has it', async (t) => {
  const messages: [string, string][] = [
    [`${root}/status`, status],
    [`${root}/info`, info],
    [`${root}/cameras/gate/status`, gate],
  ];
  t.match(await read(messages, 300), { status: { state: 'ready' }, health: undefined });
});

t.test('what is missing when the time is over stays undefined', async (t) => {
  t.same(await read([], 3000), {
    device: 'dock-3',
    status: undefined,
    info: undefined,
    health: undefined,
    cameras: {},
    models: {},
  });
  const partly = await read([[`${root}/status`, status]], 3000);
  t.match(partly, { status: { state: 'ready' }, info: undefined });
});

t.test('messages that detectd did not write are passed over', async (t) => {
  const state = await read(
    [
      ...['', 'nonsense', '[]', 'null', '7', '{"state":7}'].map((text): [string, string] => [
        `${root}/status`,
        text,
      ]),
      ...['{"cameras":7}', '{"cameras":[7],"models":{}}', '{"cameras":[],"models":{"a":7}}'].map(
        (text): [string, string] => [`${root}/info`, text],
      ),
      [`${root}/cameras/a/b/status`, gate],
      [`${root}/cameras/__proto__/status`, gate],
      ['elsewhere', status],
    ],
    3000,
  );
  t.equal(state.status, undefined);
  t.equal(state.info, undefined);
  t.same(Object.keys(state.cameras), ['__proto__']);
  t.notOk('state' in {});
});

t.test('a broker that cannot be used rejects', async (t) => {
  const error = new DetectdError('MQTT_REFUSED', 'no');
  const dialer = { connect: () => Promise.reject(error) };
  await t.rejects(readDeviceState(mqttConfig(), 'dock-3', { timeoutMs: 1, dialer }), error);
});

const people = JSON.stringify({ phase: 'building', percent: 7, steps_down: [] });

t.test('it waits for the state of every model', async (t) => {
  const listed = JSON.stringify({ cameras: [], models: { people: {} } });
  const state = await read(
    [
      [`${root}/status`, status],
      [`${root}/info`, listed],
      [`${root}/models/people/state`, people],
    ],
    300,
  );
  t.match(state.models, { people: { phase: 'building', percent: 7 } });
  const partly = await read(
    [
      [`${root}/status`, status],
      [`${root}/info`, listed],
      ...['7', '{"phase":7,"steps_down":[]}', '{"phase":"serving"}', '{"phase":"a","steps_down":[7]}'].map(
        (text): [string, string] => [`${root}/models/people/state`, text],
      ),
    ],
    3000,
  );
  t.strictSame(partly.models, {});
});
