/** The device as Home Assistant finds it: announced over a real broker, and, where it is installed, by the real program. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { countsPayload } from '../../dist/publish/counts.js';
import { healthPayload } from '../../dist/publish/health-payload.js';
import type { Component } from '../../dist/publish/home-assistant/component.js';
import { discoveryDocument, discoveryTopic } from '../../dist/publish/home-assistant/discovery-document.js';
import { modelStatePayload } from '../../dist/publish/model-state-payload.js';
import { cameraStatusPayload, statusPayload } from '../../dist/publish/payloads.js';
import { trackPayload } from '../../dist/publish/track-payload.js';
import { healthReport } from '../helpers/health-report.js';
import { discoveryFaults, homeAssistantFacts } from '../helpers/home-assistant.js';
import { homeAssistantProgram, noHomeAssistant, type Seen } from '../helpers/home-assistant-program.js';
import { mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { type MqttWatcher, mqttWatcher } from '../helpers/mqtt-watcher.js';
import { baseConfig, type RunningDaemon, runDaemon } from '../helpers/running-daemon.js';
import { noGstreamer } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { trackEvent } from '../helpers/track-event.js';

const TOPIC = 'homeassistant/device/detectd_test-device/config';

function daemonConfig(t: Test, broker: string): Record<string, unknown> {
  return {
    mqtt: { broker },
    models: { things: { bundle: tinyBundle(join(t.testdirName, 'bundle')), threads: 1 } },
    cameras: { gate: { source: 'test:ball', model: 'things', fps: 10 } },
    home_assistant: { enabled: true, labels: ['thing', 'unicorn'] },
    remote: { commands: ['camera', 'reload'] },
  };
}

function reconfigure(daemon: RunningDaemon, config: Record<string, unknown>): void {
  daemon.writeConfig(baseConfig(daemon.folder, config));
  daemon.signal('SIGHUP');
}

/** The first announcement that fits, from message `from` on. */
async function announced(
  watcher: MqttWatcher,
  fits: (components: Record<string, Component>, text: string) => boolean,
  from = 0,
): Promise<string> {
  const match = ({ topic, text }: { topic: string; text: string }) =>
    topic === TOPIC && fits(text === '' ? {} : JSON.parse(text).components, text);
  const all = await watcher.collect((messages) => messages.slice(from).some(match), 60_000);
  return all.slice(from).find(match)?.text ?? '';
}

t.test(
  'a device announces itself, obeys its switch, and takes itself away',
  { skip: noMosquitto || noGstreamer },
  async (t) => {
    t.testdir();
    const broker = await mosquitto(t);
    const watcher = await mqttWatcher(t, broker.url, '#');
    const config = daemonConfig(t, broker.url);
    const daemon = runDaemon(t, { config });

    const text = await announced(watcher, (components) => 'camera.gate.thing_count' in components);
    const document = JSON.parse(text);
    t.strictSame(discoveryFaults(document), []);
    t.notOk('camera.gate.unicorn_count' in document.components);

    const before = watcher.messages.length;
    watcher.client.publish('homeassistant/status', 'online');
    t.equal(await announced(watcher, () => true, before), text, 'told again when Home Assistant has started');

    const gate = document.components['camera.gate.detection'];
    const state = (want: string, from: number) =>
      watcher.collect(
        (all) =>
          all
            .slice(from)
            .some((one) => one.topic === gate.state_topic && JSON.parse(one.text).state === want),
        60_000,
      );
    await state('online', 0);
    watcher.client.publish(gate.command_topic, gate.payload_off);
    await state('disabled', 0);
    const off = watcher.messages.length;
    watcher.client.publish(gate.command_topic, gate.payload_on);
    await state('online', off);

    reconfigure(daemon, { ...config, cameras: { yard: { source: 'test:ball', model: 'things', fps: 10 } } });
    const moved = JSON.parse(
      await announced(watcher, (components) => 'camera.yard.thing_count' in components),
    );
    t.strictSame(
      moved.components['camera.gate.thing_count'],
      { platform: 'sensor' },
      'what is gone is taken away',
    );

    reconfigure(daemon, { ...config, home_assistant: { enabled: false } });
    await announced(watcher, (_, text) => text === '');
    const late = await mqttWatcher(t, broker.url, 'homeassistant/device/#');
    await late.client.publishAsync('homeassistant/device/mark', 'mark', { qos: 1 });
    await late.until(({ topic }) => topic.endsWith('/mark'));
    t.strictSame(
      late.messages.map(({ topic }) => topic),
      ['homeassistant/device/mark'],
      'nothing retained is left',
    );
  },
);

const state = (seen: Seen, id: string) => seen.entities[id]?.state;

t.test(
  'Home Assistant finds a device, shows what it sees, and switches it',
  { skip: noHomeAssistant || noMosquitto || noGstreamer },
  async (t) => {
    t.testdir();
    const broker = await mosquitto(t);
    const daemon = runDaemon(t, { config: daemonConfig(t, broker.url) });
    const program = await homeAssistantProgram(t, broker.port);
    t.comment(`Home Assistant ${program.version}`);
    const id = (key: string) => `detectd_test-device_${key}`;
    const seen = await program.until((seen) => state(seen, id('camera.gate.thing_count')) === '1');
    t.match(seen.devices, [{ name: 'test-device' }]);
    t.equal(state(seen, id('camera.gate.thing_occupancy')), 'on');
    t.equal(state(seen, id('connectivity')), 'on');
    t.equal(state(seen, id('camera.gate.detection')), 'on');
    t.match(state(seen, id('started')), /^\d{4}-\d\d-\d\dT/);
    t.match(seen.entities[id('model.things.update')]?.attributes, {
      installed_version: String,
      in_progress: false,
    });
    t.equal(state(seen, id('model.things.update')), 'off', 'up to date');

    await program.call('switch', 'turn_off', seen.entities[id('camera.gate.detection')]?.entity_id ?? '');
    const off = await program.until((seen) => state(seen, id('camera.gate.thing_count')) === 'unavailable');
    t.equal(state(off, id('camera.gate.detection')), 'off');
    await program.call('switch', 'turn_on', seen.entities[id('camera.gate.detection')]?.entity_id ?? '');
    await program.until((seen) => state(seen, id('camera.gate.thing_count')) === '1');

    daemon.signal('SIGKILL');
    const gone = await program.until((seen) => state(seen, id('connectivity')) === 'off');
    t.equal(state(gone, id('temperature')), 'unavailable');
    t.strictSame(program.complaints, []);
  },
);

t.test(
  'Home Assistant understands every message, and takes away what is gone',
  { skip: noHomeAssistant || noMosquitto },
  async (t) => {
    const broker = await mosquitto(t);
    const { client } = await mqttWatcher(t, broker.url, 'nothing');
    const facts = homeAssistantFacts();
    const retained = { qos: 1, retain: true } as const;
    const say = (topic: string, payload: object) =>
      client.publishAsync(`detectd/dock-3/${topic}`, JSON.stringify(payload), retained);
    const source = { device: 'dock-3', bootId: '7f3c', nowWallMs: Date.UTC(2026, 8, 14) };
    await client.publishAsync(discoveryTopic(facts), JSON.stringify(discoveryDocument(facts)), retained);
    await say('status', statusPayload({ ...source, state: 'degraded', reason: 'No camera.' }));
    await say('health', {
      ...healthPayload({ report: healthReport(), device: 'dock-3', bootId: '7f3c' }),
      outbox: { mode: 'disk', waiting: 12, bytes: 900 },
    });
    const model = {
      model: 'people',
      building: undefined,
      previousDigest: undefined,
      error: undefined,
      stepsDown: [],
    };
    const active = {
      digest: 'd',
      version: '1',
      provider: 'cpu',
      precision: 'fp32',
      engine: undefined,
    } as const;
    const coming = {
      source: 'https://h/p',
      phase: 'downloading',
      since: '2026-09-14T00:00:00Z',
      version: '2',
      digest: undefined,
      error: undefined,
      there: true,
      progress: { done: 25, total: 100, leftMs: 1000, waiting: undefined },
    } as const;
    await say(
      'models/people/state',
      modelStatePayload({ ...source, ...model, active, phase: 'downloading', update: coming }),
    );

    const program = await homeAssistantProgram(t, broker.port);
    const id = (key: string) => `detectd_dock-3_${key}`;
    const seen = await program.until(
      (seen) => state(seen, id('waiting')) === '12' && state(seen, id('model.people.update')) === 'on',
    );
    t.equal(
      Object.keys(seen.entities).length,
      Object.keys(discoveryDocument(facts).components).length,
      'each is there',
    );
    t.equal(state(seen, id('problem')), 'on');
    t.match(seen.entities[id('problem')]?.attributes, { reason: 'No camera.' });
    t.equal(state(seen, id('state')), 'degraded');
    t.equal(Number(state(seen, id('temperature'))), 66);
    t.equal(Number(state(seen, id('memory_available'))), 2914.3);
    t.equal(Number(state(seen, id('memory_used'))), 1096.5);
    t.equal(Number(state(seen, id('fps'))), 34.9);
    t.match(seen.entities[id('model.people.update')]?.attributes, {
      installed_version: '1',
      latest_version: '2',
      in_progress: true,
      update_percentage: 25,
    });

    await say('health', {
      ...healthPayload({ report: healthReport(), device: 'd', bootId: 'b' }),
      machine: { temperatures_c: {} },
    });
    await program.until((seen) => state(seen, id('temperature')) === 'unknown');
    t.equal(
      state(await program.states(), id('memory_available')),
      'unknown',
      'what is not known is not shown',
    );

    const event = {
      type: 'worker-failed',
      severity: 'error',
      message: 'It crashed.',
      code: 'WORKER_CRASHED',
    };
    const tell = (change: object) =>
      client.publishAsync('detectd/dock-3/events', JSON.stringify({ schema: '1.1.0', ...event, ...change }), {
        qos: 1,
      });
    const types = (seen: Seen) => seen.entities[id('events')]?.attributes;
    await tell({ historical: true, message: 'It was long ago.' });
    await tell({});
    const failed = await program.until((seen) => types(seen)?.['event_type'] === 'worker-failed');
    t.match(types(failed), { message: 'It crashed.', code: 'WORKER_CRASHED' });
    await tell({ type: 'something-new' });
    await program.until((seen) => types(seen)?.['event_type'] === 'other');

    const object = (change: object) =>
      client.publishAsync(
        'detectd/dock-3/cameras/gate/events',
        JSON.stringify({
          ...trackPayload(trackEvent(), { ...source, seq: 0, nowMonotonicUs: 9e6 }),
          ...change,
        }),
        { qos: 1 },
      );
    const last = (seen: Seen) => seen.entities[id('camera.gate.object')]?.attributes;
    await object({ id: 'a', historical: true });
    await object({ id: 'b', label: 'dog' });
    await object({ id: 'c', type: 'update' });
    await object({ id: 'd', zones: ['door'] });
    const come = await program.until((seen) => last(seen)?.['event_type'] === 'new');
    t.match(last(come), { id: 'd', label: 'person', zones: ['door'] });
    await object({ id: 'd', type: 'end' });
    await program.until((seen) => last(seen)?.['event_type'] === 'end');

    const person = id('camera.gate.person_count');
    await say(
      'cameras/gate/status',
      cameraStatusPayload({ ...source, camera: 'gate', state: 'online', reconnects: 0 }),
    );
    const counted = (labels: Record<string, number>) => ({ labels, zones: {}, lines: {} });
    await say(
      'cameras/gate/counts',
      countsPayload({ ...source, camera: 'gate', counts: counted({ person: 3 }) }),
    );
    await program.until((seen) => state(seen, person) === '3');
    await say('cameras/gate/counts', countsPayload({ ...source, camera: 'gate', counts: counted({}) }));
    await program.until((seen) => state(seen, person) === '0');
    for (const topic of ['cameras/gate/status', 'cameras/gate/counts', 'models/people/state'])
      await client.publishAsync(`detectd/dock-3/${topic}`, '', retained);
    await program.until((seen) => state(seen, person) === 'unavailable');

    const announced = new Map(
      Object.entries(discoveryDocument(facts).components).map(([key, { platform }]) => [key, platform]),
    );
    const next = discoveryDocument({ ...facts, cameras: [] }, announced);
    await client.publishAsync(discoveryTopic(facts), JSON.stringify(next), retained);
    await program.until((seen) => !Object.keys(seen.entities).some((key) => key.includes('camera.gate')));
    await client.publishAsync(discoveryTopic(facts), '', retained);
    await program.until((seen) => seen.devices.length === 0 && Object.keys(seen.entities).length === 0);
    t.strictSame(program.complaints, []);
  },
);
