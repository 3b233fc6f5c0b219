/** The real daemon with every other form of its results, read as their own readers would. */
import t from 'tap';
import { mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { type Message, mqttWatcher } from '../helpers/mqtt-watcher.js';
import { baseConfig, runDaemon } from '../helpers/running-daemon.js';

interface State {
  id: string;
  camera: string;
  label: string;
  start_time: number;
  end_time: number | null;
  frame_time: number;
  false_positive: boolean;
}
type FrigateEvent = { type: string; before: State; after: State; boot_id: string; seq: number };

const shapes = {
  models: { shapes: { bundle: `${process.cwd()}/config/bundles/shapes`, provider: 'cpu', threads: 1 } },
};
const skip = { skip: noMosquitto };

function parsed<T>(messages: readonly Message[], topic: string): T[] {
  return messages.filter((each) => each.topic === topic).map(({ text }) => JSON.parse(text) as T);
}

t.test(
  'readers of DeepStream, DL Streamer and Frigate find what they know, instead of ours',
  skip,
  async (t) => {
    const broker = await mosquitto(t);
    const watcher = await mqttWatcher(t, broker.url, '#');
    const daemon = runDaemon(t, {
      config: {
        ...shapes,
        mqtt: { broker: broker.url },
        cameras: { yard: { source: 'test:shapes?fps=5&cut=4&plain=1&objects=3', model: 'shapes' } },
        tracking: { track_buffer: 15 },
        outputs: {
          detections: false,
          frigate: { enabled: true },
          deepstream: {
            enabled: true,
            topic: 'deepstream/{camera}',
            every: 2,
            sensors: { yard: { id: 'YARD_1' } },
          },
          dlstreamer: { enabled: true },
        },
      },
    });
    const ended = (messages: readonly Message[]) =>
      parsed<FrigateEvent>(messages, 'frigate/events').filter(({ type }) => type === 'end');
    const messages = await watcher.collect((all) => ended(all).length >= 2, 90_000);
    t.notOk(
      messages.some(({ topic }) => topic.endsWith('/detections')),
      'none of our own',
    );

    const minimal = parsed<{ id: string; sensorId: string; objects: string[] }>(messages, 'deepstream/yard');
    const lines = minimal.flatMap(({ objects }) => objects.map((line) => line.split('|')));
    t.ok(lines.length > 0 && minimal.every(({ sensorId }) => sensorId === 'YARD_1'));
    for (const [id = '', left, top, right, bottom, label, ...more] of lines) {
      t.ok(BigInt(id) > 0n && Number(left) < Number(right) && Number(top) < Number(bottom));
      t.ok(label !== undefined && more.length === 0, `${id} is a ${label}`);
    }

    interface Frame {
      timestamp: number;
      objects: { id?: number; x: number; w: number; roi_type: string; detection: { label: string } }[];
    }
    const frames = parsed<Frame>(messages, 'dlstreamer');
    t.ok(
      frames.every(({ timestamp }, index) => index === 0 || timestamp > (frames[index - 1]?.timestamp ?? 0)),
    );
    t.ok(
      frames.every(({ objects }) => objects.every(({ roi_type, detection }) => roi_type === detection.label)),
    );
    const followed = new Set(frames.flatMap(({ objects }) => objects.map(({ id }) => id)));
    t.ok(
      lines.some(([id = '']) => followed.has(Number(BigInt(id) & 0xffffffffn))),
      'the same objects in both forms',
    );

    const events = parsed<FrigateEvent>(messages, 'frigate/events');
    t.same(
      events.map(({ seq }) => seq),
      events.map((_, index) => index),
      'stored, numbered, in order',
    );
    for (const { after } of ended(messages)) {
      const story = events.filter((event) => event.after.id === after.id);
      t.equal(story[0]?.type, 'new');
      t.ok(story[0]?.before.false_positive);
      t.equal(story.at(-1)?.type, 'end');
      t.ok(story.slice(1, -1).every(({ type }) => type === 'update'));
      t.ok(
        story.every(
          (event, index) => index === 0 || event.before.frame_time === story[index - 1]?.after.frame_time,
        ),
      );
      t.equal(new Set(story.map((event) => event.after.start_time)).size, 1);
      t.equal(after.end_time, after.frame_time);
    }
    const counted = new Map<string, number>();
    for (const { type, after } of events)
      counted.set(
        after.label,
        (counted.get(after.label) ?? 0) + (type === 'new' ? 1 : type === 'end' ? -1 : 0),
      );
    const [label = '', count] = [...counted][0] ?? [];
    await watcher.until(({ topic, text }) => topic === `frigate/yard/${label}` && Number(text) === count);
    await watcher.until(({ topic, text }) => topic === 'frigate/available' && text === 'online');
    await watcher.until(({ topic, text }) => topic === 'frigate/yard/status/detect' && text === 'online');

    daemon.signal('SIGKILL');
    await watcher.until(({ topic, text }) => topic === 'frigate/available' && text === 'offline');
  },
);

t.test('a daemon that is ended says so, and every object ends', skip, async (t) => {
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, '#');
  const config = {
    ...shapes,
    mqtt: { broker: broker.url },
    cameras: { yard: { source: 'test:shapes?fps=5&plain=1&objects=2', model: 'shapes' } },
  };
  const outputs = { frigate: { enabled: true }, deepstream: { enabled: true, schema: 'full' } };
  const daemon = runDaemon(t, { config: { ...config, outputs } });
  await watcher.until(({ topic, text }) => topic === 'frigate/events' && text.includes('"new"'), 60_000);
  const { text } = await watcher.until(({ topic }) => topic === 'deepstream');
  const { object, sensor } = JSON.parse(text);
  const known = ['id', 'speed', 'direction', 'orientation', 'bbox', 'location', 'coordinate'];
  t.equal(Object.keys(object).filter((name) => !known.includes(name)).length, 1, 'one label');
  t.equal(sensor.id, 'yard');
  await watcher.until(({ topic }) => topic.endsWith('/cameras/yard/detections'));
  daemon.signal('SIGTERM');
  await daemon.exited;
  await watcher.until(({ topic, text }) => topic === 'frigate/available' && text === 'stopped');
  const events = parsed<FrigateEvent>(watcher.messages, 'frigate/events');
  const of = (type: string) =>
    new Set(events.filter((event) => event.type === type).map(({ after }) => after.id));
  t.same([...of('end')].sort(), [...of('new')].sort());
  await watcher.until(({ topic, text }) => topic === 'frigate/yard/all' && text === '0');
  t.notOk(watcher.messages.some(({ topic, text }) => topic === 'frigate/available' && text === 'offline'));
});

t.test('a form that a reload changes takes away what it left', skip, async (t) => {
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, '#');
  const config = {
    ...shapes,
    mqtt: { broker: broker.url },
    cameras: { yard: { source: 'test:shapes?fps=5', model: 'shapes' } },
  };
  const daemon = runDaemon(t, { config: { ...config, outputs: { frigate: { enabled: true } } } });
  await watcher.until(({ topic }) => topic === 'frigate/yard/enabled/state', 60_000);
  const outputs = { frigate: { enabled: true, topic: 'yard-{device}' } };
  daemon.writeConfig(baseConfig(daemon.folder, { ...config, outputs }));
  daemon.signal('SIGHUP');
  await watcher.until(({ topic, text }) => topic === 'frigate/available' && text === 'stopped', 60_000);
  await watcher.until(({ topic, text }) => topic === 'frigate/yard/enabled/state' && text === '');
  await watcher.until(({ topic, text }) => topic === 'yard-test-device/yard/enabled/state' && text === 'ON');
  await watcher.until(({ topic, text }) => topic === 'yard-test-device/available' && text === 'online');
});
