/** Documents that change a running daemon over a real broker: taken, refused, kept over restarts, reported. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { makeSecretKey } from '../../dist/models/minisign-secret-key.js';
import { signPrehash } from '../../dist/models/minisign-sign.js';
import type { ReportedPayload } from '../../dist/publish/reported-payload.js';
import { type Mosquitto, mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { type MqttWatcher, mqttWatcher } from '../helpers/mqtt-watcher.js';
import { baseConfig, RunningDaemon, runDaemon } from '../helpers/running-daemon.js';

const FLEET = 'detectd/fleet/config/desired';
const DEVICE = 'detectd/test-device/config/desired';

interface Rig {
  broker: Mosquitto;
  watcher: MqttWatcher;
  config: Record<string, unknown>;
}

/** A daemon whose camera cannot be opened, which is all the same here: no model is needed. */
async function rig(t: Test, remote: object = {}, more: object = {}): Promise<Rig> {
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const config = {
    mqtt: { broker: broker.url },
    models: { things: { bundle: '/nowhere' } },
    cameras: { gate: { source: 'test:ball', model: 'things', fps: 5 } },
    remote: { desired: true, ...remote },
    ...more,
  };
  return { broker, watcher, config };
}

function publish({ watcher }: Rig, topic: string, content: unknown): Promise<unknown> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return watcher.client.publishAsync(topic, text, { qos: 1, retain: true });
}

/** The first report, from now on or before, that fits. */
async function reported(
  { watcher }: Rig,
  fits: (report: ReportedPayload) => boolean,
): Promise<ReportedPayload> {
  const parse = (text: string) => JSON.parse(text) as ReportedPayload;
  const found = await watcher.until(
    ({ topic, text }) => topic === 'detectd/test-device/config/reported' && text !== '' && fits(parse(text)),
    60_000,
  );
  return parse(found.text);
}

t.test(
  'a document changes cameras and log, is reported, and a bad one changes nothing',
  { skip: noMosquitto },
  async (t) => {
    const parts = await rig(t, { pin: ['cameras.gate.source'] });
    const daemon = runDaemon(t, { config: parts.config });
    const first = await reported(parts, () => true);
    t.match(first.documents, { fleet: { state: 'absent' }, device: { state: 'absent' } });
    t.equal(first.in_force.digest, first.local.digest);

    const change = {
      log: { level: 'debug' },
      cameras: {
        gate: { enabled: false, source: 'test:snow' },
        yard: { source: 'test:ball', model: 'things' },
      },
      mqtt: { broker: 'mqtt://evil' },
    };
    await publish(parts, FLEET, { version: 5, config: change });
    const taken = await reported(parts, ({ in_force }) => in_force.fleet === 5);
    t.match(taken.documents.fleet, { state: 'in_force', version: 5 });
    t.equal(taken.local.digest, first.local.digest);
    t.not(taken.in_force.digest, first.in_force.digest);
    t.same(
      taken.left_out.map(({ path, code, document }) => [path, code, document]),
      [
        ['cameras.gate.source', 'DESIRED_PINNED', 'fleet'],
        ['mqtt.broker', 'DESIRED_NOT_ALLOWED', 'fleet'],
      ],
    );
    await daemon.line(/the document fleet version 5 is in force/);
    await parts.watcher.until(
      ({ topic, text }) => topic.endsWith('cameras/gate/status') && JSON.parse(text).state === 'disabled',
    );
    await parts.watcher.until(({ topic }) => topic.endsWith('cameras/yard/status'));

    await publish(parts, FLEET, { version: 6, config: { cameras: { gate: { model: 'no-such' } } } });
    const refused = await reported(
      parts,
      ({ documents }) => documents.fleet.version === 6 && documents.fleet.state !== 'waiting',
    );
    t.match(refused.documents.fleet, {
      state: 'refused',
      code: 'DESIRED_INVALID',
      message: /in the document fleet version 6: "cameras\.gate\.model" names a model that is not/,
    });
    t.equal(refused.in_force.fleet, 5);
    t.equal(refused.in_force.digest, taken.in_force.digest);
    await publish(parts, FLEET, '{"version":');
    t.match(await reported(parts, ({ documents }) => documents.fleet.code === 'DESIRED_MALFORMED'), {
      in_force: { fleet: 5, digest: taken.in_force.digest },
    });
    await publish(parts, DEVICE, { version: 1, config: { cameras: { gate: { enabled: true } } } });
    t.match(await reported(parts, ({ in_force }) => in_force.device === 1), {
      in_force: { fleet: 5, device: 1 },
    });
  },
);

t.test(
  'a document outlives the daemon, the broker and what is retained there',
  { skip: noMosquitto },
  async (t) => {
    const parts = await rig(t);
    const folder = t.testdir();
    const configFile = join(folder, 'detectd.yaml');
    writeFileSync(configFile, JSON.stringify(baseConfig(folder, parts.config)));
    const start = () => {
      const daemon = new RunningDaemon(folder, configFile, [], process.env);
      t.teardown(() => daemon.signal('SIGKILL'));
      return daemon;
    };
    const daemon = start();
    await publish(parts, FLEET, { version: 3, config: { log: { level: 'debug' } } });
    await reported(parts, ({ in_force }) => in_force.fleet === 3);
    daemon.signal('SIGKILL');
    await daemon.exited;
    await publish(parts, FLEET, '');
    await publish(parts, 'detectd/test-device/config/reported', '');
    parts.watcher.messages.length = 0;

    const again = start();
    t.match(await reported(parts, () => true), { in_force: { fleet: 3 } });
    await again.line(/the document fleet version 3 is in force/);

    // What is published while there is no connection is heard on the next one.
    parts.broker.freeze();
    await parts.broker.kill();
    await again.line(({ component, code }) => component === 'mqtt' && code?.startsWith('MQTT_') === true);
    await parts.broker.start();
    const later = await mqttWatcher(t, parts.broker.url, 'detectd/#');
    const next = { ...parts, watcher: later };
    await publish(next, FLEET, { version: 4, config: { log: { level: 'warn' } } });
    await reported(next, ({ in_force }) => in_force.fleet === 4);

    // Not following documents any more leaves nothing of them.
    const file = JSON.parse(readFileSync(configFile, 'utf8'));
    writeFileSync(configFile, JSON.stringify({ ...file, remote: {} }));
    again.signal('SIGHUP');
    await later.until(({ topic, text }) => topic.endsWith('config/reported') && text === '');
    again.signal('SIGTERM');
    await again.exited;
  },
);

t.test(
  'where documents must be signed, only those count that a trusted key signed',
  { skip: noMosquitto },
  async (t) => {
    const key = makeSecretKey();
    const stranger = makeSecretKey();
    const parts = await rig(t, { signed: true }, { updates: { keys: [key.publicKey.text] } });
    runDaemon(t, { config: parts.config });
    const sealed = (signer: typeof key, content: object) => {
      const payload = JSON.stringify(content);
      const digest = createHash('blake2b512').update(payload).digest();
      return { payload, minisig: signPrehash(digest, 'a document', signer) };
    };
    const content = { version: 1, config: { log: { level: 'debug' } } };
    await publish(parts, FLEET, content);
    await reported(parts, ({ documents }) => documents.fleet.code === 'DESIRED_BAD_SIGNATURE');
    await publish(parts, FLEET, sealed(stranger, content));
    await reported(parts, ({ documents }) => /not trusted here/.test(documents.fleet.message ?? ''));
    await publish(parts, FLEET, sealed(key, content));
    const { documents } = await reported(parts, ({ in_force }) => in_force.fleet === 1);
    t.match(documents.fleet, { state: 'in_force', version: 1 });
    await publish(parts, DEVICE, sealed(key, { version: 1, config: {} }));
    await reported(parts, (report) => report.documents.device.code === 'DESIRED_OTHER_DEVICE');
  },
);

t.test(
  'a change of the local file that no document fits puts them out of force, and back',
  { skip: noMosquitto },
  async (t) => {
    const closed = { source: 'test:ball', model: 'things', enabled: false };
    const parts = await rig(t, {}, { cameras: { gate: closed } });
    const daemon = runDaemon(t, { config: parts.config });
    const added = { cameras: { yard: closed } };
    await publish(parts, FLEET, { version: 1, config: added });
    await reported(parts, ({ in_force }) => in_force.fleet === 1);
    const renamed = {
      models: { others: { bundle: '/nowhere' } },
      cameras: { gate: { ...closed, model: 'others' } },
    };
    daemon.writeConfig(baseConfig(daemon.folder, { ...parts.config, ...renamed }));
    daemon.signal('SIGHUP');
    const out = await reported(parts, ({ documents }) => documents.fleet.code === 'DESIRED_INVALID');
    t.match(out, {
      documents: { fleet: { version: 1, message: /cameras\.yard\.model/ } },
      in_force: { fleet: undefined },
    });
    t.equal(out.in_force.digest, out.local.digest);
    parts.watcher.messages.length = 0;
    daemon.writeConfig(baseConfig(daemon.folder, parts.config));
    daemon.signal('SIGHUP');
    await reported(parts, ({ in_force }) => in_force.fleet === 1);
  },
);
