/** The configuration with the documents that a daemon keeps. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { changedValues, loadWithDocuments, origins } from '../../dist/commands/config-documents.js';
import { DesiredStore } from '../../dist/models/desired-store.js';
import { localFile } from '../helpers/desired.js';

async function load(t: Test, kept: object | undefined, file = localFile()) {
  const folder = t.testdir({ 'd.yaml': file });
  if (kept !== undefined)
    await new DesiredStore(join(folder, 'desired')).save('fleet', {
      ...{ device: 'dock-3', offered: undefined, tries: 0 },
      taken: JSON.stringify(kept),
    });
  const warnings: string[] = [];
  const env = { PW: 'hunter22', STATE_DIRECTORY: folder };
  const loaded = await loadWithDocuments(join(folder, 'd.yaml'), env, (text) => warnings.push(text));
  return { loaded, warnings, folder, env };
}

t.test('what documents changed is in it, with its origin', async (t) => {
  const config = { log: { level: 'debug' }, cameras: { gate: { fps: 10 } }, mqtt: {} };
  const { loaded, warnings } = await load(t, { version: 12, config });
  t.equal(loaded.config.log.level, 'debug');
  t.strictSame(origins(loaded), [
    { path: 'log.level', document: 'fleet version 12' },
    { path: 'cameras.gate.fps', document: 'fleet version 12' },
  ]);
  t.strictSame(
    changedValues(loaded),
    [{ path: 'log.level', before: 'info', after: 'debug' }],
    'the same is no change',
  );
  t.strictSame(warnings, []);
});

t.test('without documents, or not following them, it is the file', async (t) => {
  const { loaded } = await load(t, undefined);
  t.strictSame([origins(loaded), changedValues(loaded), loaded.config.log.level], [[], [], 'info']);
  const off = await load(t, { version: 1, config: { log: { level: 'debug' } } }, localFile('desired: false'));
  t.equal(off.loaded.config.log.level, 'info');
});

t.test('what does not fit or cannot be read is told of', async (t) => {
  const { loaded, warnings } = await load(t, { version: 12, config: { log: { level: 'loud' } } });
  t.equal(loaded.config.log.level, 'info');
  t.match(warnings, [/the document fleet version 12 is not in force: .*"log\.level" must be/]);
  const { folder, env } = await load(t, undefined);
  await new DesiredStore(join(folder, 'desired')).save('device', {
    device: 'dock-3',
    taken: '{',
    offered: undefined,
    tries: 0,
  });
  writeFileSync(join(folder, 'desired/fleet.json'), 'junk');
  const said: string[] = [];
  await loadWithDocuments(join(folder, 'd.yaml'), env, (text) => said.push(text));
  t.match(said, [/fleet\.json cannot be read/, /not valid JSON/]);
  await t.rejects(
    loadWithDocuments(join(folder, 'none.yaml'), env, () => {}),
    { code: 'CONFIG_NOT_FOUND' },
  );
});

t.test('what commands have switched is in it, over the documents or without any', async (t) => {
  for (const desired of [true, false]) {
    const folder = t.testdir({
      'd.yaml': localFile(`desired: ${desired}, commands: [camera]`),
      'switches.json': '{"schema":1,"cameras":{"gate":false}}',
    });
    const env = { PW: 'hunter22', STATE_DIRECTORY: folder };
    const loaded = await loadWithDocuments(join(folder, 'd.yaml'), env, () => {});
    t.equal(loaded.config.cameras['gate']?.enabled, false);
    t.strictSame(origins(loaded), [{ path: 'cameras.gate.enabled', document: 'a command' }]);
    t.match(changedValues(loaded), [{ path: 'cameras.gate.enabled', before: true, after: false }]);
    writeFileSync(join(folder, 'switches.json'), '{');
    const said: string[] = [];
    const without = await loadWithDocuments(join(folder, 'd.yaml'), env, (text) => said.push(text));
    t.equal(without.config.cameras['gate']?.enabled, true);
    t.match(said, [/switches\.json\) cannot be read/]);
  }
});
