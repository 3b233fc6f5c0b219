/** The embedded broker on a free loopback port, with its bounds and its failures to start. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { EmbeddedBroker, type EmbeddedBrokerOptions } from '../../dist/publish/embedded-broker.js';
import { logLines } from '../helpers/log-lines.js';

const signal = new AbortController().signal;

async function started(t: Test, options: Partial<EmbeddedBrokerOptions> = {}) {
  const { log, lines } = logLines();
  const broker = new EmbeddedBroker({ host: '127.0.0.1', port: 0, clock: systemClock, log, ...options });
  t.teardown(() => broker.close());
  await broker.start(signal);
  return { broker, lines };
}

async function client(t: Test, broker: EmbeddedBroker, options: IClientOptions = {}) {
  const connected = await connectAsync(broker.address, { reconnectPeriod: 0, ...options }, false);
  connected.on('error', () => {});
  t.teardown(() => connected.end(true));
  return connected;
}

/** The next time that the client emits `event`; its own types keep it from events.once(). */
function next(client: MqttClient, event: 'close'): Promise<unknown>;
function next(client: MqttClient, event: 'message'): Promise<[topic: string, payload: Buffer]>;
function next(client: MqttClient, event: 'close' | 'message'): Promise<unknown> {
  return once(client as unknown as NodeJS.EventEmitter, event);
}

t.test('a retained message reaches who comes later', async (t) => {
  const { broker } = await started(t);
  t.match(broker.address, /^mqtt:\/\/127\.0\.0\.1:\d+$/);
  t.equal(broker.health().state, 'ok');
  const first = await client(t, broker);
  await first.publishAsync('a/b', 'hello', { qos: 1, retain: true });
  const second = await client(t, broker);
  const message = next(second, 'message');
  await second.subscribeAsync('a/#');
  const [topic, payload] = await message;
  t.same([topic, payload.toString()], ['a/b', 'hello']);
});

t.test('whoever started it hears what clients publish, and nothing of its own', async (t) => {
  const topics: string[] = [];
  const { broker } = await started(t, { onPublish: (topic) => topics.push(topic) });
  const publisher = await client(t, broker);
  await publisher.publishAsync('a/b', 'x', { qos: 1 });
  await publisher.publishAsync('a/c', 'y', { qos: 1, retain: true });
  t.strictSame(topics, ['a/b', 'a/c']);
});

t.test('a client that is cut off leaves its last will', async (t) => {
  const { broker } = await started(t);
  const watcher = await client(t, broker);
  await watcher.subscribeAsync('will');
  const message = next(watcher, 'message');
  const dying = await client(t, broker, { will: { topic: 'will', payload: Buffer.from('lost'), qos: 1 } });
  dying.stream.destroy();
  const [, payload] = await message;
  t.equal(payload.toString(), 'lost');
});

t.test('nothing is kept for a client that is away', async (t) => {
  const { broker } = await started(t);
  const stay = { clientId: 'away', clean: false };
  const away = await client(t, broker, stay);
  await away.subscribeAsync('a', { qos: 1 });
  await away.endAsync();
  const publisher = await client(t, broker);
  await publisher.publishAsync('a', 'missed', { qos: 1 });
  const back = await client(t, broker, stay);
  back.on('message', (_topic, payload) => t.equal(payload.toString(), 'now'));
  const message = next(back, 'message');
  await back.subscribeAsync('a', { qos: 1 });
  await publisher.publishAsync('a', 'now', { qos: 1 });
  await message;
});

t.test('a taken port is an error with its cure', async (t) => {
  const { broker } = await started(t);
  const port = Number(new URL(broker.address).port);
  const { log } = logLines();
  const second = new EmbeddedBroker({ host: '127.0.0.1', port, clock: systemClock, log });
  await t.rejects(second.start(signal), { code: 'PORT_TAKEN', hint: /mqtt\.embedded\.port/ });
  t.equal(second.health().state, 'degraded');
  t.throws(() => second.address, { code: 'INTERNAL' });
  await second.close();
});

t.test('an address that is not ours is an error with its cure', async (t) => {
  const { log } = logLines();
  const broker = new EmbeddedBroker({ host: '192.0.2.1', port: 0, clock: systemClock, log });
  await t.rejects(broker.start(signal), { code: 'CONFIG_INVALID', hint: /mqtt\.embedded\.host/ });
  await broker.close();
});

t.test('an enormous packet is cut off at its header', async (t) => {
  const { broker, lines } = await started(t);
  const hostile = connect(Number(new URL(broker.address).port), '127.0.0.1');
  hostile.on('error', () => {});
  hostile.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
  hostile.resume();
  await once(hostile, 'close');
  t.match(lines.at(-1), { msg: /cut off/, reason: /oversized/ });
  const other = await client(t, broker);
  t.ok(other.connected);
});

t.test('nonsense costs the connection that sent it and no other', async (t) => {
  const { broker } = await started(t);
  const good = await client(t, broker);
  const hostile = connect(Number(new URL(broker.address).port), '127.0.0.1');
  hostile.on('error', () => {});
  hostile.write('GET / HTTP/1.1\r\n\r\n');
  hostile.resume();
  await once(hostile, 'close');
  await good.publishAsync('a', 'still here', { qos: 1 });
});

t.test('what is retained is bounded, by number and by size', async (t) => {
  const { broker } = await started(t);
  const hoarder = await client(t, broker);
  const closed = next(hoarder, 'close');
  const payload = Buffer.alloc(3 * 1024 * 1024);
  let kept = 0;
  for (let index = 0; index < 12 && hoarder.connected; index += 1) {
    const published = hoarder.publishAsync(`big/${index}`, payload, { qos: 1, retain: true });
    published.catch(() => {});
    if (await Promise.race([published.then(() => true), closed.then(() => false)])) kept += 1;
  }
  t.equal(kept, 10, '32 MiB');
  const other = await client(t, broker);
  await other.publishAsync('big/0', '', { qos: 1, retain: true });
  await other.publishAsync('small', 'x', { qos: 1, retain: true });
});

t.test('subscriptions are bounded', async (t) => {
  const { broker } = await started(t);
  const greedy = await client(t, broker);
  const closed = next(greedy, 'close');
  for (let index = 0; index < 300 && greedy.connected; index += 1) {
    await Promise.race([greedy.subscribeAsync(`t/${index}`).catch(() => {}), closed]);
  }
  t.notOk(greedy.connected);
});

t.test('with credentials nobody comes in without them', async (t) => {
  const { broker, lines } = await started(t, { credentials: { username: 'dock', password: 'hunter22' } });
  const wrong: IClientOptions[] = [
    {},
    { username: 'dock' },
    { username: 'dock', password: '' },
    { username: 'dock', password: 'hunter2' },
    { username: 'dock', password: 'hunter222' },
    { username: 'Dock', password: 'hunter22' },
    { username: '', password: 'hunter22' },
  ];
  for (const login of wrong) {
    await t.rejects(client(t, broker, login), { code: 4 }, JSON.stringify(login));
    await t.rejects(client(t, broker, { ...login, protocolVersion: 5 }));
  }
  const good = await client(t, broker, { username: 'dock', password: 'hunter22' });
  const message = next(good, 'message');
  await good.subscribeAsync('a');
  await good.publishAsync('a', 'hello');
  t.equal((await message)[1].toString(), 'hello');
  t.match(
    lines.find(({ msg }) => msg.includes('cut off')),
    { reason: /wrong user name or password/ },
  );
  t.notMatch(JSON.stringify(lines), /hunter2/);
});

t.test('without credentials none are asked for, and any are taken', async (t) => {
  const { broker } = await started(t);
  t.ok((await client(t, broker, { username: 'any', password: 'thing' })).connected);
});

t.test('closing ends every connection and frees the port', async (t) => {
  const { broker } = await started(t);
  const connected = await client(t, broker);
  const closed = next(connected, 'close');
  const port = Number(new URL(broker.address).port);
  await broker.close();
  await closed;
  const { log } = logLines();
  const again = new EmbeddedBroker({ host: '127.0.0.1', port, clock: systemClock, log });
  await again.start(signal);
  await again.close();
});

t.test('an aborted start listens to nothing', async (t) => {
  const { log } = logLines();
  const broker = new EmbeddedBroker({ host: '127.0.0.1', port: 0, clock: systemClock, log });
  await broker.start(AbortSignal.abort());
  t.equal(broker.health().state, 'degraded');
  await broker.close();
});
