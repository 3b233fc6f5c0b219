/** Switches of cameras lie over the file and the documents, and a bad file of them is never in the way. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  isPinned,
  readSwitches,
  switchedCameras,
  switchesPath,
  withSwitches,
  writeSwitches,
} from '../../dist/config/camera-switches.js';
import { desiredOverlay } from '../../dist/models/desired-merge.js';
import { testConfig } from '../helpers/config.js';
import { document, loadLocal, localFile } from '../helpers/desired.js';

const COMMANDS = 'desired: true, commands: [camera]';
const off = new Map([['gate', false]]);

t.test('a switched camera is off, and the place says why', async (t) => {
  const loaded = await loadLocal(localFile(COMMANDS), withSwitches(off, undefined));
  t.equal(loaded.config.cameras['gate']?.enabled, false);
  t.equal(loaded.overlaid?.local.cameras['gate']?.enabled, true);
  t.equal(loaded.overlaid?.originOf(['cameras', 'gate', 'enabled']), 'a command');
  t.strictSame(switchedCameras(loaded.overlaid), ['gate']);
  t.strictSame(loaded.secrets, ['hunter22'], 'what the file says is kept secret as before');
});

t.test('it lies over documents, whose other values stay theirs', async (t) => {
  const documents = desiredOverlay([
    document({ version: 3, config: { cameras: { gate: { enabled: true, fps: 5 } } } }),
  ]);
  const loaded = await loadLocal(localFile(COMMANDS), withSwitches(off, documents));
  t.match(loaded.config.cameras['gate'], { enabled: false, fps: 5 });
  t.equal(loaded.overlaid?.originOf(['cameras', 'gate', 'fps']), 'the document fleet version 3');
  t.equal(loaded.overlaid?.originOf(['cameras', 'gate', 'enabled']), 'a command');
});

t.test('a switch that changes nothing, or has no camera, is not there', async (t) => {
  const overlay = withSwitches(
    new Map([
      ['gate', true],
      ['yard', false],
      ['__proto__', false],
    ]),
    undefined,
  );
  const loaded = await loadLocal(localFile(COMMANDS), overlay);
  t.strictSame(switchedCameras(loaded.overlaid), []);
  t.equal(withSwitches(new Map(), undefined), undefined);
});

t.test('it holds only while the local file lets commands switch cameras', async (t) => {
  for (const remote of [
    'commands: [ping]',
    'commands: [camera], pin: [cameras.gate.enabled]',
    'commands: [camera], pin: ["cameras.*"]',
  ]) {
    const loaded = await loadLocal(localFile(remote), withSwitches(off, undefined));
    t.equal(loaded.config.cameras['gate']?.enabled, true, remote);
  }
});

t.test('what is pinned is known by any pattern that covers it', async (t) => {
  const config = (pin: string[]) => testConfig({ remote: { pin } });
  t.ok(isPinned('gate', config(['cameras.gate'])));
  t.ok(isPinned('gate', config(['cameras'])));
  t.ok(isPinned('gate', config(['cameras.*.enabled'])));
  t.notOk(isPinned('gate', config(['cameras.*.fps', 'cameras.yard', 'models'])));
});

t.test('what was switched is kept in a file, which goes with the last switch', async (t) => {
  const folder = t.testdir();
  const path = switchesPath(folder);
  t.strictSame(await readSwitches(path, true), { switches: new Map() });
  await writeSwitches(path, off);
  t.strictSame((await readSwitches(path, true)).switches, off);
  t.match(JSON.parse(readFileSync(path, 'utf8')), { schema: 1, cameras: { gate: false } });
  await writeSwitches(path, new Map());
  await writeSwitches(path, new Map());
  t.strictSame(readdirSync(folder), []);
});

t.test('a file that cannot be understood is set aside and counts as none', async (t) => {
  const hostile = [
    '',
    '{',
    'null',
    '[]',
    '{"schema":2,"cameras":{}}',
    '{"schema":1,"cameras":{"gate":"off"}}',
    '{"schema":1,"cameras":{},"more":1}',
    `{"schema":1,"cameras":{"${'x'.repeat(300_000)}":true}}`,
    '\u0000\u0000\u0000',
  ];
  for (const content of hostile) {
    const folder = t.testdir();
    const path = switchesPath(folder);
    writeFileSync(path, content);
    const looked = await readSwitches(path, false);
    t.equal(looked.switches.size, 0);
    t.match(looked.problem, /cannot be read/, content.slice(0, 30));
    t.strictSame(readdirSync(folder), ['switches.json'], 'who only looks leaves it alone');
    await readSwitches(path, true);
    t.strictSame(readdirSync(folder), ['switches.json.bad']);
  }
});

t.test('what is no file of ours stays where it is', async (t) => {
  const folder = t.testdir();
  const path = switchesPath(folder);
  mkdirSync(path);
  t.match(await readSwitches(path, true), { problem: /EISDIR|ENOTREG/ });
  t.strictSame(readdirSync(folder), ['switches.json']);
  const other = t.testdir();
  symlinkSync('switches.json', join(other, 'switches.json'));
  t.match(await readSwitches(switchesPath(other), true), { problem: /ELOOP/ });
});
