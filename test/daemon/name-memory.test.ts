/** What left the configuration while nobody ran is taken away from the broker. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { LoadedConfig } from '../../dist/config/load.js';
import { NameMemory } from '../../dist/daemon/name-memory.js';
import { testConfig } from '../helpers/config.js';
import { logLines } from '../helpers/log-lines.js';

function rig(state: string) {
  const gone: string[] = [];
  const { log, lines } = logLines();
  const memory = new NameMemory({
    ...{ env: {}, hostname: 'host', log },
    announcer: {
      forget: (camera) => gone.push(`camera ${camera}`),
      forgetModel: (model) => gone.push(`model ${model}`),
    },
  });
  const loaded = (cameras: string[], more: Record<string, unknown> = {}): LoadedConfig => {
    const all = cameras.map((name) => [name, { source: 'test:ball', model: 'people' }]);
    return {
      config: testConfig({ paths: { state }, cameras: Object.fromEntries(all), ...more }),
    } as LoadedConfig;
  };
  return { gone, memory, loaded, lines, file: join(state, 'names.json') };
}

const folder = (t: Test): string => t.testdir();

t.test('a camera and a model that went meanwhile are taken away', async (t) => {
  const state = folder(t);
  const first = rig(state);
  const models = { people: { bundle: 'a' }, cars: { bundle: 'b' } };
  await first.memory.start(first.loaded(['gate', 'yard'], { models }));
  t.same(first.gone, []);
  const second = rig(state);
  await second.memory.start(second.loaded(['gate']));
  t.same(second.gone, ['camera yard', 'model cars']);
  const third = rig(state);
  await third.memory.start(third.loaded(['gate']));
  t.same(third.gone, [], 'once');
});

t.test('what a reload changes is remembered', async (t) => {
  const state = folder(t);
  const first = rig(state);
  await first.memory.start(first.loaded(['gate']));
  await first.memory.configure(first.loaded(['gate', 'lane']));
  const second = rig(state);
  await second.memory.start(second.loaded(['gate']));
  t.same(second.gone, ['camera lane']);
});

t.test('names of another device or base are none of these topics', async (t) => {
  const state = folder(t);
  const first = rig(state);
  await first.memory.start(first.loaded(['gate', 'yard']));
  const second = rig(state);
  await second.memory.start(second.loaded(['gate'], { mqtt: { base: 'other' } }));
  t.same(second.gone, []);
});

t.test(
  'a damaged or hostile file is written over, and a folder that cannot be written is told',
  async (t) => {
    const state = folder(t);
    for (const text of ['{', '[]', '{"base":"detectd","device":"host","cameras":["../x"],"models":[]}']) {
      const { memory, loaded, gone, lines, file } = rig(state);
      writeFileSync(file, text);
      await memory.start(loaded(['gate']));
      t.same(gone, []);
      t.match(lines.at(-1), { msg: /cannot be read/ });
      t.match(JSON.parse(readFileSync(file, 'utf8')), { cameras: ['gate'] });
    }
    const nowhere = rig(join(state, 'names.json', 'no-folder'));
    await nowhere.memory.start(nowhere.loaded(['gate']));
    t.match(nowhere.lines.at(-1), { msg: /cannot be remembered/ });
    t.notOk(existsSync(nowhere.file));
  },
);
