/** The desk with the real store and updater; only what changes workers and networks is a double. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createLogger } from '../../dist/base/logger.js';
import type { LoadedConfig } from '../../dist/config/load.js';
import { UpdateDesk } from '../../dist/daemon/update-desk.js';
import { ModelStore } from '../../dist/models/model-store.js';
import { modelWish } from '../../dist/models/model-target.js';
import type { UpdateActs } from '../../dist/models/update-acts.js';
import { rolledBackByCommand } from '../../dist/models/update-phases.js';
import { testConfig } from '../helpers/config.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { until } from '../helpers/until.js';
import { endless } from '../helpers/update-rig.js';

function acts(calls: string[]): UpdateActs {
  return {
    fetch: () => Promise.reject(new Error('nothing is fetched here')),
    discard: async () => {},
    trust: async () => '0'.repeat(32),
    verify: () => Promise.reject(new Error('nothing is verified here')),
    judge: async () => {},
    build: async (_model, version) => void calls.push(`build ${version.path}`),
    tryOut: async (_model, version) => void calls.push(`try ${version.path}`),
    switchTo: async (_model, version) => void calls.push(`serve ${version?.path}`),
    callBack: async (_model, version) => void calls.push(`back to ${version?.path}`),
    probation: async () => ({
      good: true,
      facts: { watchedMs: 1, frames: 1, waiting: undefined, cameras: [] },
    }),
    settled: () => void calls.push('settled'),
    mayBegin: () => undefined,
    changed: () => {},
  };
}

function rig(t: Test) {
  const folder = t.testdir();
  const clock = new FakeClock();
  const calls: string[] = [];
  let opened = 0;
  const desk = new UpdateDesk({
    env: {},
    clock,
    log: createLogger({ level: 'silent', pretty: false }),
    acts: () => acts(calls),
    onOpened: () => {
      opened += 1;
    },
  });
  t.teardown(() => desk.close());
  const config = (bundle: string): LoadedConfig =>
    ({
      config: testConfig({
        paths: { state: join(folder, 'state'), cache: join(folder, 'cache') },
        models: { people: { bundle } },
      }),
    }) as LoadedConfig;
  mkdirSync(join(folder, 'state'), { recursive: true });
  return { folder, clock, desk, config, calls, opened: () => opened };
}

t.test('what lies in its place serves at once, and another place after a trial', async (t) => {
  const { folder, desk, config, calls } = rig(t);
  const [first, second] = ['first', 'second'].map((name, index) =>
    tinyBundle(join(folder, name), { score: 0.8 + index / 100 }),
  ) as [string, string];
  const loaded = config(first);
  const model = loaded.config.models['people'] as never;
  await desk.start(loaded);
  t.equal(desk.bundleOf('people', model), first);
  await desk.begin();
  const next = config(second);
  const wanted = next.config.models['people'] as never;
  await until(() => desk.bundleOf('people', wanted) === first);
  await desk.configure(next);
  await until(() => desk.views().get('people')?.phase === 'confirmed');
  t.equal(desk.bundleOf('people', wanted), second);
  t.strictSame(calls, [`build ${second}`, `try ${second}`, `serve ${second}`, 'settled']);
  t.strictSame(desk.complaints(), []);
});

t.test('a start with another place serves what is configured', async (t) => {
  const { folder, clock, desk, config } = rig(t);
  const [first, second] = ['first', 'second'].map((name) => tinyBundle(join(folder, name))) as [
    string,
    string,
  ];
  await desk.start(config(first));
  await desk.begin();
  const loaded = config(second);
  await until(() => desk.bundleOf('people', loaded.config.models['people'] as never) === first);
  await desk.close();
  const again = new UpdateDesk({
    ...{ env: {}, clock, log: createLogger({ level: 'silent', pretty: false }) },
    ...{ acts: () => acts([]), onOpened: () => {} },
  });
  t.teardown(() => again.close());
  await again.start(loaded);
  t.equal(again.bundleOf('people', loaded.config.models['people'] as never), second);
});

t.test('a restart while another place is tried goes on with what served', async (t) => {
  const { folder, clock, desk, config } = rig(t);
  const first = tinyBundle(join(folder, 'first'));
  const loaded = config(tinyBundle(join(folder, 'second'), { score: 0.8 }));
  const wanted = loaded.config.models['people'] as never;
  await desk.start(config(first));
  await desk.begin();
  await until(() => desk.bundleOf('people', wanted) === first);
  await desk.close();
  const log = createLogger({ level: 'silent', pretty: false });
  const stuck: UpdateActs = { ...acts([]), tryOut: (_m, _v, _a, signal) => endless(signal) };
  for (let start = 1; start <= 2; start += 1) {
    const again = new UpdateDesk({ env: {}, clock, log, acts: () => stuck, onOpened: () => {} });
    await again.start(start === 1 ? config(first) : loaded);
    await again.begin();
    await again.configure(loaded);
    await until(() => again.views().get('people')?.phase === 'trial');
    t.equal(again.bundleOf('people', wanted), first, `start ${start}`);
    t.equal(again.keptDigests().length, 2, 'engines of both stay');
    await again.close();
  }
});

t.test('a model that was never fetched is missing, and that is said', async (t) => {
  const { desk, config } = rig(t);
  const loaded = config('https://user:hunter22@models.example/people.tgz');
  await desk.start(loaded);
  t.equal(desk.bundleOf('people', loaded.config.models['people'] as never), undefined);
  t.match(desk.complaints(), ['model "people" is not there yet']);
  const view = desk.views().get('people');
  t.match(view, { phase: 'downloading' });
  t.notMatch(view?.source, 'hunter22');
});

t.test('while a command holds the store, what serves serves on; then models are changed again', async (t) => {
  const { folder, clock, desk, config, opened } = rig(t);
  const first = tinyBundle(join(folder, 'first'));
  const other = new ModelStore({
    ...{ stateFolder: join(folder, 'state'), scratchFolder: join(folder, 'cache'), quotaBytes: () => 1e9 },
    ...{ clock, log: createLogger({ level: 'silent', pretty: false }) },
  });
  await other.open();
  const loaded = config(first);
  await desk.start(loaded);
  t.equal(desk.bundleOf('people', loaded.config.models['people'] as never), first);
  t.match(desk.complaints(), [/models cannot be changed: Another process/]);
  await other.close();
  clock.advance(5000);
  await until(() => opened() === 1);
  t.strictSame(desk.complaints(), []);
});

t.test('a store that cannot be written is no reason not to start', async (t) => {
  const { folder, desk, config } = rig(t);
  const first = tinyBundle(join(folder, 'first'));
  writeFileSync(join(folder, 'state', 'models'), 'a file where a folder should be');
  const loaded = config(first);
  await desk.start(loaded);
  t.equal(desk.bundleOf('people', loaded.config.models['people'] as never), first);
  t.match(desk.complaints(), [/models cannot be changed/]);
});

t.test(
  'what a command chose is told with the reason, while the configuration wants something else',
  async (t) => {
    const { folder, clock, desk, config } = rig(t);
    const [first, second] = ['first', 'second'].map((name, index) =>
      tinyBundle(join(folder, name), { score: 0.8 + index / 100 }),
    ) as [string, string];
    await desk.start(config(first));
    await desk.begin();
    const slot = join(folder, 'state/models/slots/people.json');
    await until(() => existsSync(slot) && readFileSync(slot, 'utf8').includes('adopted'));
    await desk.configure(config(second));
    await until(() => desk.views().get('people')?.phase === 'confirmed');
    await desk.close();
    const store = new ModelStore({
      ...{ stateFolder: join(folder, 'state'), scratchFolder: join(folder, 'cache'), quotaBytes: () => 1e9 },
      ...{ clock, log: createLogger({ level: 'silent', pretty: false }) },
    });
    await store.open();
    const { target } = modelWish(config(second).config.models['people'] as never);
    await store.load(new Map([['people', target]]));
    await store.write(rolledBackByCommand(store.slot('people'), target, '2026-01-01T00:00:00Z'));
    await store.close();
    const again = new UpdateDesk({
      ...{ env: {}, clock, log: createLogger({ level: 'silent', pretty: false }) },
      ...{ acts: () => acts([]), onOpened: () => {} },
    });
    t.teardown(() => again.close());
    await again.start(config(second));
    await again.begin();
    t.match(again.views().get('people'), {
      phase: 'rolled_back',
      error: { code: 'MODEL_REFUSED' },
      there: true,
    });
  },
);
