/** What may be said of recordings, and what becomes of it in the plan of a worker. */
import t from 'tap';
import { crossChecks } from '../../dist/config/cross-checks.js';
import { recordingFolders } from '../../dist/config/folders.js';
import { workerPlan } from '../../dist/config/plan.js';
import { resolveConfigPaths } from '../../dist/config/relative-paths.js';
import { configSchema } from '../../dist/config/schema.js';
import { testConfig } from '../helpers/config.js';

const camera = (recording: unknown, source = 'rtsp://h/x') => ({
  cameras: { gate: { source, model: 'people', recording } },
});

t.test('recording is off unless it is there, and then has defaults', (t) => {
  t.equal(testConfig().cameras['gate']?.recording, undefined);
  t.strictSame(testConfig(camera({})).cameras['gate']?.recording, {
    on: ['object', 'camera', 'command'],
    before_s: 5,
    after_s: 5,
  });
  t.match(testConfig().recordings, { max_size_mb: 500, min_free_mb: 256, max_length_s: 120 });
  t.end();
});

t.test('limits', (t) => {
  const { models } = testConfig();
  const accepts = (more: object) => configSchema.safeParse({ models, ...camera({}), ...more }).success;
  for (const wrong of [
    { on: [] },
    { on: ['person'] },
    { before_s: 61 },
    { before_s: -1 },
    { after_s: 301 },
    { fps: 1 },
  ])
    t.notOk(accepts(camera(wrong)), JSON.stringify(wrong));
  for (const wrong of [
    { max_size_mb: 0 },
    { max_size_mb: 1.5 },
    { folder: '' },
    { max_length_s: 0 },
    { keep: 1 },
  ])
    t.notOk(accepts({ recordings: wrong }), JSON.stringify(wrong));
  t.ok(accepts({ recordings: { folder: 'kept', buffer: '/dev/shm/detectd', max_age_days: 0.5 } }));
  t.end();
});

t.test('a worker is told where a camera leaves its last seconds, and how many', (t) => {
  const config = testConfig(camera({ before_s: 2.5 }));
  const [plan] = workerPlan(config, { cache: '/var/cache/detectd' }, '/etc').cameras;
  t.strictSame(plan?.recording, { folder: '/var/cache/detectd/recordings/gate', seconds: 18 });
  const [bare] = workerPlan(testConfig(), { cache: '/var/cache/detectd' }, '/etc').cameras;
  t.notOk(bare && 'recording' in bare);
  t.end();
});

t.test('folders are those that are named, from the place of the file on, or parts of the usual ones', (t) => {
  const own = { state: '/state', cache: '/cache' };
  t.strictSame(recordingFolders(testConfig(), own), {
    kept: '/state/recordings',
    buffer: '/cache/recordings',
  });
  const recordings = { folder: 'kept', buffer: '/dev/shm/detectd' };
  const named = resolveConfigPaths(testConfig({ recordings }), '/etc/detectd');
  t.strictSame(recordingFolders(named, own), { kept: '/etc/detectd/kept', buffer: '/dev/shm/detectd' });
  t.end();
});

t.test('a file is a recording already', (t) => {
  const { models } = testConfig();
  t.match(crossChecks({ models, ...camera({}, 'file:/srv/a.mp4') }), [
    { path: ['cameras', 'gate', 'recording'] },
  ]);
  t.strictSame(crossChecks({ models, ...camera({}) }), []);
  t.end();
});
