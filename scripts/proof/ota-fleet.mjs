/**
 * A fleet of a thousand devices on a real broker: each with a desk, a local file and a folder of its own, as in the
 * daemon; only what would run a model is played. A good model goes to all in stages, a bad one is held at the second.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { pino } from 'pino';
import { systemClock } from '../../dist/base/clock.js';
import { spreadOf } from '../../dist/commands/config-rollout.js';
import { loadConfig } from '../../dist/config/load.js';
import { configSchema } from '../../dist/config/schema.js';
import { DesiredDesk } from '../../dist/daemon/desired-desk.js';
import { rolloutBucket } from '../../dist/models/rollout.js';
import { BrokerDialer } from '../../dist/publish/broker-dialer.js';
import { BrokerInbox } from '../../dist/publish/broker-inbox.js';
import { EmbeddedBroker } from '../../dist/publish/embedded-broker.js';
import { reportedPayload } from '../../dist/publish/reported-payload.js';
import { RetainedState } from '../../dist/publish/retained-state.js';

const DEVICES = 1000;
/** Devices that share a connection. */
const GROUP = 50;
const TOPIC = 'detectd/fleet/config/desired';
const DEADLINE_MS = 120_000;
/** Of a chi-square with 9 degrees of freedom 999 in 1,000 even spreads are below this. */
const EVEN = 27.9;
const SILENT = pino({ level: 'silent' });
const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'].find(existsSync);

export function otaFleet({ long }) {
  let played;
  /** One play serves both promises. */
  const play = () => {
    played ??= playRollOuts();
    return played;
  };
  return [
    {
      what: `${DEVICES} devices: a good model in stages of 1 %, 10 % and 100 %`,
      limit: 'at each stage exactly those whose hash says so have it, at the end all',
      measure: async () => {
        const { good, broker } = await play();
        const told = good.map(({ percent, took, due }) => `${percent} %: ${took} of ${due} due`);
        const holds = good.every(({ took, due, wrong }) => took === due && wrong === 0);
        return { figure: `${told.join(', ')} (${broker})`, holds: holds && good.at(-1).took === DEVICES };
      },
    },
    {
      what: 'a model that turns out bad at 10 %: reported by those, then put on hold',
      limit: 'the rest never take it, also after reconnects, restarts and hold at 100 %; then all go back',
      measure: async () => {
        const { bad } = await play();
        const { due, reported, ever, others, back } = bad;
        return {
          figure: `${reported} of ${due} reported it rolled back, ${ever} ever took it, ${others} of the rest, ${back} back`,
          holds: reported === due && ever === due && others === 0 && back === DEVICES,
        };
      },
    },
    {
      what: 'hash of the roll-out over ten bins, seeds a to e',
      limit: `chi-square below ${EVEN}`,
      measure: async () => spread(long ? 1_000_000 : 100_000),
    },
  ];
}

/** Plays both roll-outs once. */
async function playRollOuts() {
  const folder = await mkdtemp(join(tmpdir(), 'detectd-fleet-'));
  const broker = await startBroker(folder);
  const fleet = new Fleet(broker.url, folder);
  try {
    await fleet.start();
    const good = await goodModel(fleet);
    const bad = await badModel(fleet);
    return { good, bad, broker: broker.name };
  } finally {
    await fleet.close();
    await broker.end();
    await rm(folder, { recursive: true, force: true });
  }
}

async function goodModel(fleet) {
  await fleet.publish(1, 'people-1', undefined);
  await fleet.until(({ in_force: now }) => now.fleet === 1, DEVICES, 'version 1');
  const stages = [];
  for (const [version, percent] of [
    [2, 1],
    [3, 10],
    [4, 100],
  ]) {
    await fleet.publish(version, 'people-2', { percent, seed: 'people-2' });
    const due = fleet.due('people-2', percent);
    await fleet.until(
      ({ documents }) => documents.fleet.version === version && settled(documents.fleet),
      DEVICES,
      `${percent} %`,
    );
    const has = fleet.devices.filter((device) => device.bundle.includes('people-2'));
    stages.push({
      percent,
      took: has.length,
      due: due.size,
      wrong: has.filter(({ id }) => !due.has(id)).length,
    });
  }
  return stages;
}

async function badModel(fleet) {
  const seed = 'people-3';
  for (const [version, percent] of [
    [5, 1],
    [6, 10],
  ]) {
    await fleet.publish(version, 'people-3', { percent, seed });
    await fleet.until(
      ({ documents }) => documents.fleet.version === version && settled(documents.fleet),
      DEVICES,
      `${percent} %`,
    );
  }
  const due = fleet.due(seed, 10);
  // Night falls: it finds nothing any more, and each device goes back by itself.
  for (const device of fleet.devices) if (device.bundle.includes('people-3')) device.rollBack();
  const rolledBack = ({ models }) => models.people.error?.code === 'MODEL_FINDS_NOTHING';
  await fleet.until(rolledBack, due.size, 'reports of the bad model');
  const reported = fleet.reports().filter(rolledBack).length;

  await fleet.publish(7, 'people-3', { percent: 10, seed, hold: true });
  await fleet.until(({ documents }) => documents.fleet.version === 7, DEVICES, 'hold');
  await fleet.reconnect();
  await fleet.publish(8, 'people-3', { percent: 100, seed, hold: true });
  await fleet.until(({ documents }) => documents.fleet.version === 8, DEVICES, 'hold at 100 %');
  await fleet.restart();
  await fleet.until(
    ({ documents }) => documents.fleet.version === 8 && settled(documents.fleet),
    DEVICES,
    'restart',
  );
  const ever = fleet.devices.filter(({ bundles }) => [...bundles].some((one) => one.includes('people-3')));

  await fleet.publish(9, 'people-2', undefined);
  await fleet.until(({ in_force: now }) => now.fleet === 9, DEVICES, 'the way back');
  const back = fleet.devices.filter(({ bundle }) => bundle.includes('people-2')).length;
  const others = ever.filter(({ id }) => !due.has(id)).length;
  return { due: due.size, reported, ever: ever.length, others, back };
}

/** What becomes of a document is known: it is not just being tried. */
function settled({ state, rollout }) {
  return state !== 'waiting' || rollout?.in === false;
}

class Device {
  bundle = '';
  /** All that it ever had. */
  bundles = new Set();
  models = new Map();
  #desk;
  #loaded;
  #reloads = Promise.resolve();

  constructor(id, folder) {
    this.id = id;
    this.folder = join(folder, id);
    const text = `device: {id: ${id}}
remote: {desired: true}
models: {people: {bundle: "https://models.example/people-0.tar.gz", sha256: "${'0'.repeat(64)}"}}
cameras: {gate: {source: "test:ball", model: people}}
`;
    this.readFile = async () => Buffer.from(text);
  }

  async start({ listen, publish }) {
    const load = (path, options) => loadConfig(path, { ...options, readFile: this.readFile });
    const report = (facts) => facts && publish(this.id, reportedPayload({ ...facts, ...this.who() }));
    this.#desk = new DesiredDesk({
      env: { STATE_DIRECTORY: this.folder },
      hostname: this.id,
      clock: systemClock,
      log: SILENT,
      announcer: { listen, reported: report, models: this.models },
      changed: () => {
        this.#reloads = this.#reloads.then(() => this.#desk.settle(async (loaded) => this.#take(loaded)));
      },
      load,
    });
    this.#loaded = await load('/etc/detectd/detectd.yaml', { env: {} });
    this.#take(await this.#desk.start(this.#loaded));
  }

  who() {
    return { device: this.id, bootId: '00000000', nowWallMs: systemClock.wallMs() };
  }

  /** The trial of a new version says no; the one before serves on. */
  rollBack() {
    const error = { code: 'MODEL_FINDS_NOTHING', message: 'It finds far less than the one before.' };
    this.models.set('people', { model: 'people', phase: 'serving', update: { phase: 'rolled_back', error } });
    this.#desk.tell();
  }

  async close() {
    await this.#reloads;
    await this.#desk?.close();
  }

  #take({ config }) {
    const { bundle } = config.models.people;
    if (bundle !== this.bundle) this.models.clear();
    this.bundle = bundle;
    this.bundles.add(bundle);
  }
}

class Fleet {
  devices;
  #url;
  #groups = [];
  #operator;
  #reports = new Map();
  #wake = () => {};

  constructor(url, folder) {
    this.#url = url;
    this.devices = Array.from({ length: DEVICES }, (_, index) => new Device(`dock-${index + 1}`, folder));
  }

  async start() {
    this.#operator = await connectAsync(this.#url, { protocolVersion: 4 });
    this.#operator.on('message', (topic, payload) => {
      this.#reports.set(topic.split('/')[1], JSON.parse(payload.toString()));
      this.#wake();
    });
    await this.#operator.subscribeAsync('detectd/+/config/reported', { qos: 1 });
    for (let at = 0; at < DEVICES; at += GROUP) this.#groups.push(new Group(this.#url, at / GROUP));
    await Promise.all(this.#groups.map((group) => group.connect()));
    await this.#startDevices();
  }

  /** Every connection breaks and is made anew; what is retained comes once more. */
  async reconnect() {
    for (const group of this.#groups) await group.connect();
  }

  /** Every device ends and starts from its folder. */
  async restart() {
    await Promise.all(this.devices.map((device) => device.close()));
    this.#reports.clear();
    await this.#startDevices();
  }

  due(seed, percent) {
    return new Set(this.devices.map(({ id }) => id).filter((id) => rolloutBucket(seed, id) < percent));
  }

  reports() {
    return [...this.#reports.values()];
  }

  async publish(version, name, rollout) {
    const model = { bundle: `https://models.example/${name}.tar.gz`, sha256: name.at(-1).repeat(64) };
    const document = { version, config: { models: { people: model } }, ...(rollout && { rollout }) };
    await this.#operator.publishAsync(TOPIC, JSON.stringify(document), { qos: 1, retain: true });
  }

  /** Waits until so many devices have reported what fits. */
  async until(fits, count, what) {
    const end = performance.now() + DEADLINE_MS;
    while (this.reports().filter(fits).length < count) {
      if (performance.now() > end)
        throw new Error(`${what}: ${this.reports().filter(fits).length} of ${count} reports in time`);
      await Promise.race([
        new Promise((resolve) => {
          this.#wake = resolve;
        }),
        new Promise((resolve) => setTimeout(resolve, 1000)),
      ]);
    }
  }

  async close() {
    await Promise.all(this.devices.map((device) => device.close().catch(() => {})));
    for (const group of this.#groups) group.end();
    await this.#operator?.endAsync(true);
  }

  async #startDevices() {
    await Promise.all(
      this.devices.map((device, index) => device.start(this.#groups[Math.floor(index / GROUP)].voice)),
    );
  }
}

/** Some devices on one connection; what they say and hear goes through the parts that the daemon uses. */
class Group {
  #url;
  #number;
  #connection;
  #inbox = new BrokerInbox({ clock: systemClock });
  #retained = new RetainedState({ refused: (_topic, error) => process.stderr.write(`${error.message}\n`) });

  constructor(url, number) {
    this.#url = url;
    this.#number = number;
  }

  get voice() {
    return {
      listen: (topic, hear) => this.#inbox.listen(topic, hear),
      publish: (id, payload) => this.#retained.set(`detectd/${id}/config/reported`, JSON.stringify(payload)),
    };
  }

  async connect() {
    this.end();
    const { mqtt } = configSchema.parse({
      mqtt: { broker: this.#url },
      models: { a: { bundle: '/a' } },
      cameras: { a: { source: 'test:ball', model: 'a' } },
    });
    const clientId = `fleet-${this.#number}`;
    const dial = { config: mqtt, url: this.#url, clientId, timeoutMs: 10_000, clock: systemClock };
    this.#connection = await new BrokerDialer().connect(dial);
    this.#retained.connected(this.#connection);
    this.#inbox.connected(this.#connection, (error) => process.stderr.write(`${error.message}\n`));
  }

  end() {
    this.#connection?.destroy();
    this.#connection = undefined;
    this.#retained.disconnected();
    this.#inbox.disconnected();
  }
}

async function startBroker(folder) {
  if (MOSQUITTO === undefined) {
    const broker = new EmbeddedBroker({ host: '127.0.0.1', port: 0, clock: systemClock, log: SILENT });
    await broker.start(new AbortController().signal);
    return { name: 'embedded broker', url: broker.address, end: () => broker.close() };
  }
  const port = await freePort();
  const file = join(folder, 'mosquitto.conf');
  const user = process.getuid?.() === 0 ? 'user root\n' : '';
  await writeFile(file, `${user}listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n`);
  const child = spawn(MOSQUITTO, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  await new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes(' running')) resolve();
    });
    child.once('exit', () => reject(new Error(`mosquitto ended: ${said}`)));
  });
  const end = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return { name: 'mosquitto', url: `mqtt://127.0.0.1:${port}`, end };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function spread(count) {
  const rows = ['a', 'b', 'c', 'd', 'e'].map((seed) => {
    const buckets = Array.from({ length: count }, (_, index) => ({
      bucket: rolloutBucket(seed, `dock-${index}`),
    }));
    return spreadOf(buckets);
  });
  const even = count / 10;
  const worst = Math.max(
    ...rows.flatMap(({ tenths }) => tenths.map((tenth) => Math.abs(tenth - even) / even)),
  );
  const told = rows.map(({ chiSquare }) => chiSquare.toFixed(1)).join(', ');
  return {
    figure: `${told} for ${count.toLocaleString('en')} devices, no tenth more than ${(100 * worst).toFixed(1)} % off`,
    holds: rows.every(({ chiSquare }) => chiSquare < EVEN),
  };
}
