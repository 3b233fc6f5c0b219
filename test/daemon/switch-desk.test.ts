/** A command switches a camera: it is in force, kept, undone, or refused whole. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { LoadedConfig } from '../../dist/config/load.js';
import { SwitchDesk } from '../../dist/daemon/switch-desk.js';
import { loadLocal, localFile } from '../helpers/desired.js';
import { logLines } from '../helpers/log-lines.js';

const REMOTE = 'commands: [camera]';

class Rig {
  readonly path: string;
  readonly lines;
  file = localFile(REMOTE);
  refuse: DetectdError | undefined;
  loaded: LoadedConfig | undefined;
  readonly desk: SwitchDesk;

  constructor(
    t: Test,
    readonly folder = t.testdir(),
  ) {
    this.path = join(folder, 'switches.json');
    const { log, lines } = logLines();
    this.lines = lines;
    this.desk = new SwitchDesk({
      env: { STATE_DIRECTORY: folder },
      log,
      loaded: () => this.loaded as LoadedConfig,
      reload: () => this.reload(),
    });
  }

  async start(): Promise<this> {
    this.loaded = await loadLocal(this.file);
    await this.desk.start(this.loaded);
    await this.reload();
    return this;
  }

  async reload(): Promise<DetectdError | undefined> {
    if (this.refuse !== undefined) return this.refuse;
    this.loaded = await loadLocal(this.file, this.desk.over(undefined));
    await this.desk.settled(this.loaded);
    return undefined;
  }

  get enabled(): boolean | undefined {
    return this.loaded?.config.cameras['gate']?.enabled;
  }
}

t.test('a camera is switched off, stays so over a restart, and on again', async (t) => {
  const rig = await new Rig(t).start();
  t.strictSame(await rig.desk.set('gate', false), {
    camera: 'gate',
    enabled: false,
    changed: true,
    kept: true,
  });
  t.equal(rig.enabled, false);
  const again = await new Rig(t, rig.folder).start();
  t.equal(again.enabled, false);
  t.match(await again.desk.set('gate', false), { changed: false });
  t.match(await again.desk.set('gate', true), { changed: true });
  t.equal(again.enabled, true);
  t.notOk(existsSync(again.path), 'as the file has it nothing is kept');
  t.notOk(again.desk.any);
});

t.test('off and at once on again leaves it on, as the last answer says', async (t) => {
  const rig = await new Rig(t).start();
  const [off, on] = await Promise.all([rig.desk.set('gate', false), rig.desk.set('gate', true)]);
  t.match(off, { enabled: false, changed: true });
  t.match(on, { enabled: true, changed: true });
  t.equal(rig.enabled, true);
  t.notOk(rig.desk.any);
});

t.test('what a refused reload would have switched stays as it is', async (t) => {
  const rig = await new Rig(t).start();
  rig.refuse = new DetectdError('CONFIG_INVALID', 'The file has a problem.', 'Mend it.');
  await t.rejects(rig.desk.set('gate', false), {
    code: 'COMMAND_FAILED',
    message: /stays as it is: CONFIG_INVALID/,
    hint: 'Mend it.',
  });
  rig.refuse = undefined;
  await rig.reload();
  t.equal(rig.enabled, true);
});

t.test('unknown and pinned cameras are refused', async (t) => {
  const rig = await new Rig(t).start();
  await t.rejects(rig.desk.set('yard', false), { code: 'COMMAND_UNKNOWN', hint: 'There are: gate.' });
  await t.rejects(rig.desk.set('__proto__', false), { code: 'COMMAND_UNKNOWN' });
  rig.file = localFile('commands: [camera], pin: [cameras.gate]');
  await rig.reload();
  await t.rejects(rig.desk.set('gate', false), { code: 'COMMAND_FORBIDDEN' });
});

t.test('a camera that leaves the file, or commands that may not any more, end the switch', async (t) => {
  for (const [file, name] of [
    [
      `device: {id: dock-3}\nremote: {${REMOTE}}\nmodels: {people: {bundle: /srv/people}}\ncameras: {yard: {source: "test:ball", model: people}}\n`,
      'gone',
    ],
    [localFile('commands: [ping]'), 'forbidden'],
  ] as const) {
    const rig = await new Rig(t).start();
    await rig.desk.set('gate', false);
    rig.file = file;
    await rig.reload();
    t.notOk(rig.desk.any, name);
    rig.file = localFile(REMOTE);
    await rig.reload();
    t.equal(rig.enabled, true, name);
  }
});

t.test('a damaged file is said and set aside; a disk that fails costs only the restart', async (t) => {
  const folder = t.testdir();
  writeFileSync(join(folder, 'switches.json'), '{"cameras":');
  const rig = await new Rig(t, folder).start();
  t.match(rig.lines, [{ msg: /cannot be read/ }]);
  t.equal(readFileSync(`${rig.path}.bad`, 'utf8'), '{"cameras":');
  const broken = new Rig(t, join(t.testdir({ file: '' }), 'file'));
  await broken.start();
  t.match(await broken.desk.set('gate', false), { changed: true, kept: false });
  t.equal(broken.enabled, false);
  t.match(broken.lines.at(-1), { msg: /does not survive a restart/ });
});
