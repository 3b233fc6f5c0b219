/** The slots of a configuration's models, as the commands see them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { configuredSlots, requireWish } from '../../dist/commands/model-slots.js';
import { DesiredStore } from '../../dist/models/desired-store.js';

const digest = 'a'.repeat(64);

t.test('what a document that was taken wants is wanted, not what the local file says', async (t) => {
  const folder = t.testdir({});
  const state = join(folder, 'state');
  const file = join(folder, 'd.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      device: { id: 'dock-3' },
      paths: { state },
      remote: { desired: true },
      models: { people: { bundle: 'https://host/people-1.0.0.tar.gz', sha256: digest } },
      cameras: { one: { source: 'test:shapes', model: 'people' } },
    }),
  );
  const bundle = 'https://u:secret@host/people-1.1.0.tar.gz';
  await new DesiredStore(join(state, 'desired')).save('fleet', {
    ...{ device: 'dock-3', offered: undefined, tries: 0 },
    taken: JSON.stringify({ version: 1, config: { models: { people: { bundle } } } }),
  });
  const said: string[] = [];
  const io = { env: {}, err: (text: string) => said.push(text) } as never;
  const configured = await configuredSlots(io, file);
  const wish = requireWish(configured, 'people');
  t.match(wish.target.source, { url: bundle });
  t.match(configured.shown(wish.target), /people-1\.1\.0/);
  t.notMatch(configured.shown(wish.target), /secret/);
  t.strictSame(said, []);
  t.throws(() => requireWish(configured, 'cars'), { code: 'UPDATE_UNKNOWN', hint: 'It has people.' });
});
