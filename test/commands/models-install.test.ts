/** Models are changed by commands, without a daemon and beside one that holds the store. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { changeText } from '../../dist/commands/models-install.js';
import { ModelStore } from '../../dist/models/model-store.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { servingSlot } from '../helpers/model-slots.js';
import { runCli } from '../helpers/run-cli.js';
import { type PackedVersion, packedVersion } from '../helpers/update-rig.js';
import { type Workspace, workspace } from '../helpers/workspace.js';

interface Site extends Workspace {
  configure(version: PackedVersion): void;
}

function site(t: Test): Site {
  const place = workspace(t);
  const config = join(place.folder, 'detectd.yaml');
  return {
    ...place,
    configure: ({ path, sha256 }) =>
      writeFileSync(
        config,
        JSON.stringify({
          paths: { state: join(place.folder, 'state'), cache: join(place.folder, 'cache') },
          models: { people: { bundle: `file:${path}`, sha256 } },
          cameras: { one: { source: 'test:shapes', model: 'people' } },
        }),
      ),
  };
}

t.setTimeout(120_000);

t.test('without a daemon: fetched, made the one that serves, and back', async (t) => {
  const place = site(t);
  const run = async (...args: string[]) => {
    const ended = await runCli(['models', ...args, '-c', join(place.folder, 'detectd.yaml')], {
      env: place.env,
    });
    return {
      ...ended,
      data: ended.status === 0 && ended.stdout.startsWith('{') ? JSON.parse(ended.stdout) : {},
    };
  };
  place.configure(await packedVersion(place.folder, '1.0.0'));
  t.match((await run('install', 'people', '--dry-run', '--json')).data, { would: 'begin', serves: null });
  t.match((await run('install', 'people', '--json')).data, {
    by: 'command',
    active: null,
    phase: 'building',
  });
  t.match((await run('install', 'people', '--activate', '--json')).data, {
    active: { version: '1.0.0' },
    phase: 'active',
  });
  t.match((await run('list')).stdout, /people +1\.0\.0/);
  const list = (await run('list', '--json')).data;
  t.match(list.models, [{ model: 'people', active: { version: '1.0.0' }, update: { phase: 'active' } }]);
  t.match(await run('rollback', 'people'), { status: 1, stderr: /UPDATE_UNKNOWN/ }, 'nothing was before it');
  place.configure(await packedVersion(place.folder, '1.1.0', { score: 0.8 }));
  t.match(await run('install', 'people'), { status: 1, stderr: /UPDATE_BUSY.*probation/s });
  const unknown = await run('install', 'cars');
  t.match(unknown, { status: 1, stderr: /UPDATE_UNKNOWN.*people/s });
  t.match(await run('install', 'people', '--from', 'file:/x'), { stderr: /MODEL_UNSIGNED/ });
  t.match(await run('install', 'people', '--from', '/x'), { status: 2, stderr: /file:\/x/ });
});

t.test('an archive that is not the one that is named is refused, with its code', async (t) => {
  const place = site(t);
  const packed = await packedVersion(place.folder, '1.0.0');
  place.configure({ ...packed, sha256: '0'.repeat(64) });
  const args = ['models', 'install', 'people', '-c', join(place.folder, 'detectd.yaml')];
  t.match(await runCli(args, { env: place.env }), { status: 1, stderr: /MODEL_DIGEST/ });
  const dry = async (...more: string[]) =>
    (await runCli([...args, '--dry-run', ...more], { env: place.env })).stdout;
  t.match(await dry(), /would do nothing/, 'it is remembered');
  t.match(await dry('--again'), /would change to/);
  t.match(await runCli([...args, '--again'], { env: place.env }), { status: 1, stderr: /MODEL_DIGEST/ });
  const other = ['--from', `file:${packed.path}`, '--sha256', packed.sha256];
  t.match(await runCli([...args, ...other], { env: place.env }), { status: 0 });
  t.match(await runCli(args, { env: place.env }), { status: 1, stderr: /MODEL_DIGEST/ }, 'still, afterwards');
});

t.test('what cannot be fetched ends the command, with what came kept for the next', async (t) => {
  const place = site(t);
  const packed = await packedVersion(place.folder, '1.0.0');
  place.configure({ ...packed, path: join(place.folder, 'elsewhere.tar.gz') });
  const args = ['models', 'install', 'people', '-c', join(place.folder, 'detectd.yaml')];
  t.match(await runCli(args, { env: place.env }), { status: 1, stderr: /UPDATE_FETCH.*elsewhere/s });
  place.configure(packed);
  t.match(await runCli(args, { env: place.env }), { status: 0, stdout: /fetched and verified/ });
});

t.test(
  'beside a process that holds the store it is asked, and the command says when nobody answers',
  async (t) => {
    const place = site(t);
    place.configure(await packedVersion(place.folder, '1.0.0'));
    const log = pino({ level: 'silent' });
    const stateFolder = join(place.folder, 'state');
    const options = {
      stateFolder,
      scratchFolder: place.folder,
      quotaBytes: () => 1e9,
      clock: new FakeClock(),
      log,
    };
    const store = new ModelStore(options);
    await store.open();
    t.teardown(() => store.close());
    const args = ['models', 'install', 'people', '-c', join(place.folder, 'detectd.yaml')];
    t.match(await runCli(args, { env: place.env }), { status: 1, stderr: /UPDATE_BUSY/ });
  },
);

t.test('what is said in the end', (t) => {
  t.equal(changeText(servingSlot('1'), 'daemon'), 'people: version 1.1.0 serves.');
  t.end();
});
