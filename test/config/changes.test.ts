/** What a reload touches. */
import t from 'tap';
import { configChanges } from '../../dist/config/changes.js';
import { testConfig } from '../helpers/config.js';

const nothing = {
  mqtt: false,
  outbox: false,
  outputs: false,
  homeAssistant: false,
  models: false,
  worker: false,
  cameras: { added: [], removed: [], changed: [] },
  tracking: false,
  recordings: false,
  log: false,
  health: false,
  http: false,
  updates: false,
  remote: false,
  device: false,
  paths: false,
};

t.test('equal configurations change nothing', (t) => {
  t.strictSame(configChanges(testConfig(), testConfig()), { ...nothing, unchanged: true });
  t.end();
});

t.test('each section is told apart', (t) => {
  const sections: [Record<string, unknown>, object][] = [
    [{ mqtt: { base: 'other' } }, { mqtt: true }],
    [{ worker: { stable_s: 5 } }, { worker: true }],
    [{ log: { level: 'debug' } }, { log: true }],
    [{ tracking: { min_hits: 1 } }, { tracking: true }],
    [{ recordings: { max_size_mb: 50 } }, { recordings: true }],
    [{ health: { quiet_s: 5 } }, { health: true }],
    [{ http: { enabled: false } }, { http: true }],
    [{ device: { id: 'dock' } }, { device: true }],
    [{ paths: { cache: '/c' } }, { paths: true }],
    [{ models: { people: { bundle: '/other' } } }, { models: true }],
    [{ updates: { window: '22:00-05:00' } }, { updates: true }],
    [{ remote: { desired: true } }, { remote: true }],
    [{ outbox: { max_mb: 8 } }, { outbox: true }],
    [{ outputs: { detections: false } }, { outputs: true }],
    [{ home_assistant: { enabled: true } }, { homeAssistant: true }],
  ];
  for (const [overrides, changed] of sections) {
    const changes = configChanges(testConfig(), testConfig(overrides));
    t.strictSame(changes, { ...nothing, ...changed, unchanged: false }, Object.keys(overrides)[0] ?? '');
  }
  t.end();
});

t.test('cameras are added, removed and changed by name', (t) => {
  const camera = { source: 'v4l2:0', model: 'people' };
  const before = testConfig({ cameras: { a: camera, b: camera, c: camera } });
  const after = testConfig({ cameras: { d: camera, c: { ...camera, fps: 5 }, a: camera } });
  t.strictSame(configChanges(before, after), {
    ...nothing,
    cameras: { added: ['d'], removed: ['b'], changed: ['c'] },
    unchanged: false,
  });
  t.end();
});

t.test('models that no enabled camera uses do not touch the worker', (t) => {
  const people = { bundle: '/srv/models/people' };
  const cars = { bundle: '/cars' };
  const camera = { source: 'v4l2:0', model: 'people' };
  const spare = testConfig({ models: { cars, people } });
  t.strictSame(configChanges(testConfig(), spare), { ...nothing, unchanged: false });
  const cameras = { gate: camera, road: { ...camera, model: 'cars' } };
  const used = testConfig({ models: { people, cars }, cameras });
  t.match(configChanges(spare, used), { models: true, cameras: { added: ['road'] } });
  const off = testConfig({
    models: { people, cars },
    cameras: { ...cameras, road: { ...cameras.road, enabled: false } },
  });
  t.match(configChanges(used, off), { models: true, cameras: { changed: ['road'] } });
  t.end();
});
