/** Asking for a reboot: what is written, and what the two conditions of the unit make of it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { requestReboot, runtimeFolder } from '../../dist/health/reboot-request.js';
import { FakeClock } from '../helpers/fake-clock.js';

const script = join(import.meta.dirname, '../../systemd/reboot-request');
const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(script, args, { encoding: 'utf8', env: { PATH: process.env['PATH'], ...env }, timeout: 30_000 });

t.test('the request is one short line that the unit understands, whatever the reason', async (t) => {
  const folder = t.testdir({});
  const path = join(folder, 'reboot-request');
  for (const reason of ['the GPU does not answer', '', '$(reboot) "; `id`\n\\u0000\0 é'.repeat(500)]) {
    await requestReboot(folder, reason, new FakeClock());
    t.strictSame(readdirSync(folder), ['reboot-request'], 'no temporary file is left');
    const text = readFileSync(path, 'utf8');
    t.ok(text.length < 500 && text.split('\n').length === 2);
    t.type(JSON.parse(text).reason, 'string');
    const ran = run(['take', path]);
    t.equal(ran.status, 0, ran.stdout);
    t.equal(ran.stdout, `<4>detectd asks for a reboot: ${text}`);
    t.notOk(existsSync(path), 'it is answered once');
  }
});

t.test('a folder that cannot be written is told with its way out', async (t) => {
  const file = join(t.testdir({ file: '' }), 'file');
  await t.rejects(requestReboot(join(file, 'below'), 'x', new FakeClock()), { code: 'FOLDER_UNWRITABLE' });
});

t.test('the folder is the one that systemd made', (t) => {
  t.equal(runtimeFolder({ RUNTIME_DIRECTORY: '/run/detectd' }), '/run/detectd');
  t.equal(runtimeFolder({ RUNTIME_DIRECTORY: '/run/detectd:/run/other' }), '/run/detectd');
  for (const value of [undefined, '', 'relative'])
    t.equal(runtimeFolder({ RUNTIME_DIRECTORY: value }), undefined);
  t.end();
});

t.test('what is no request is removed and answered with no', (t) => {
  const folder = t.testdir({ secret: '{"reason":"secret"}', other: { file: '' } });
  const path = join(folder, 'reboot-request');
  const hostile: [string, () => void][] = [
    ['empty', () => writeFileSync(path, '')],
    ['other words', () => writeFileSync(path, 'reboot\n')],
    ['half a request', () => writeFileSync(path, '{"reason":"x')],
    ['binary', () => writeFileSync(path, Buffer.alloc(5_000_000, 0xff))],
    ['a line of the journal', () => writeFileSync(path, '\n<0>{"reason":"x"}\n')],
    ['a folder', () => mkdirSync(join(path, 'a/b'), { recursive: true })],
    ['a link to a folder', () => symlinkSync(join(folder, 'other'), path)],
    ['a link to nothing', () => symlinkSync('/nowhere', path)],
    ['a pipe', () => void spawnSync('mkfifo', [path])],
  ];
  for (const [name, make] of hostile) {
    make();
    const ran = run(['take', path]);
    t.equal(ran.status, 1, `${name}: ${ran.stdout}`);
    t.equal(ran.stdout, '<4>this is no request of detectd: no reboot\n', name);
    t.throws(() => readFileSync(path), name);
  }
  t.ok(existsSync(join(folder, 'other/file')), 'what a link names stays');
  t.equal(run(['take', path]).status, 1, 'and so is a request that has gone');
  t.end();
});

t.test('a machine that was started lately is not rebooted', (t) => {
  const folder = t.testdir({ young: '21599.99 1.0\n', old: '21600.00 1.0\n' });
  const allow = (name: string) => run(['allow', '21600'], { REBOOT_UPTIME: join(folder, name) });
  t.equal(allow('young').status, 1);
  t.match(allow('young').stdout, '21599 s ago');
  t.equal(allow('old').status, 0);
  t.end();
});

t.test('a machine that does not tell how long it has run is not rebooted', (t) => {
  const folder = t.testdir({ empty: '', words: 'since yesterday\n', negative: '-99999.0 1.0\n' });
  for (const name of ['empty', 'words', 'negative', 'missing']) {
    const { status, stdout, stderr } = run(['allow', '21600'], { REBOOT_UPTIME: join(folder, name) });
    t.strictSame([status, stderr], [1, ''], name);
    t.match(stdout, /^<4>no reboot: /);
  }
  t.end();
});
