/** The other scripts: clean by shellcheck, helpful when asked, clear when used wrongly, counts that are right. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { REPOSITORY } from '../helpers/stand-in-checkout.js';
import { runProgram } from '../helpers/systemd-container.js';

const folders = await Promise.all(
  ['scripts', 'jetson'].map(async (folder) => {
    const entries = await readdir(join(REPOSITORY, folder), { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => `${folder}/${entry.name}`);
  }),
);
const names = folders.flat();
const texts = await Promise.all(names.map((name) => readFile(join(REPOSITORY, name), 'utf8')));
const shell = names.filter((_name, index) => /^#!.*\bbash|^# shellcheck shell=bash/.test(texts[index] ?? ''));
const commands = shell.filter((name) => !name.endsWith('.sh'));
const run = (path: string, ...args: string[]) => runProgram(join(REPOSITORY, path), args, 60_000);

const noShellcheck = existsSync('/usr/bin/shellcheck') ? false : 'needs shellcheck (scripts/setup --dev)';
t.test('every shell script is clean by shellcheck', { skip: noShellcheck }, async (t) => {
  t.ok(commands.length >= 5);
  const files = [...shell, '.ci/run', 'systemd/reboot-request', 'systemd/restart-pause'].map((path) =>
    join(REPOSITORY, path),
  );
  const ran = await runProgram('shellcheck', ['-x', '-P', REPOSITORY, ...files], 60_000);
  t.equal(ran.stdout + ran.stderr, '');
});

t.test('every shell script stops at the first error', async (t) => {
  for (const name of commands) t.match(texts[names.indexOf(name)], /^set -euo pipefail$/m, name);
});

t.test('every script says what it does, and refuses what it does not know', async (t) => {
  for (const name of commands) {
    const help = await run(name, '--help');
    t.equal(help.status, 0, name);
    t.match(help.stdout, name);
    const wrong = await run(name, '--no-such-option');
    t.equal(wrong.status, 2, name);
    t.match(wrong.stderr, '--no-such-option');
  }
});

/** What scripts/run-tests.mjs makes of files with these contents, as unit tests and as tests apart. */
async function runTests(t: Pick<Test, 'testdir'>, contents: Record<string, string>, apart: boolean) {
  const texts = Object.entries(contents).map(([name, body]) => [name, `import t from 'tap';\n${body}\n`]);
  const folder = t.testdir({ ...Object.fromEntries(texts), 'package.json': '{ "type": "module" }' });
  const files = texts.map(([name]) => join(folder, name as string));
  const options = ['--jobs=1', '--timeout=5', ...(apart ? ['--apart'] : [])];
  const ran = await runProgram(
    process.execPath,
    [join(REPOSITORY, 'scripts/run-tests.mjs'), ...options, ...files],
    120_000,
  );
  return { ...ran, counts: ran.stdout.trimEnd().split('\n').at(-1) };
}

const WORKS = `t.test('works', (t) => { t.equal(1, 1); t.equal(2, 2); t.end(); });`;

for (const apart of [false, true]) {
  const how = apart ? 'in processes of their own' : 'in one process';

  t.test(`tests are counted, not assertions, ${how}; failures and skips are listed`, async (t) => {
    const breaks = `t.test('breaks', (t) => { t.equal(1, 2); t.equal(3, 4); t.end(); });`;
    const camera = `t.test('camera', { skip: 'no camera here' }, (t) => t.end());`;
    const files = { 'a.test.js': WORKS + breaks + camera, 'b.test.js': WORKS };
    const ran = await runTests(t, files, apart);
    t.equal(ran.counts, '2 passed, 1 failed, 1 skipped');
    t.equal(ran.status, 1);
    t.match(ran.stdout, /FAILED: .*a\.test\.js > breaks > should be equal/);
    t.match(ran.stdout, /skipped: .*a\.test\.js > camera \(no camera here\)/);
    t.match(ran.stdout, /ok .*b\.test\.js: 1 passed/);
    const green = await runTests(t, { 'b.test.js': WORKS }, apart);
    t.equal(green.counts, '1 passed, 0 failed, 0 skipped');
    t.equal(green.status, 0);
  });

  const bad: Record<string, string> = {
    'has no tests': '',
    'cannot be read': 't.test(',
    'throws before its first test': `throw new Error('early');`,
    'ends its process': `t.test('dies', async () => process.exit(0));`,
    'is killed': `t.test('dies', async () => process.kill(process.pid, 'SIGKILL'));`,
    'waits for nothing': `t.test('waits', () => new Promise(() => {}));`,
    'waits too long': `t.test('waits', () => new Promise((end) => setTimeout(end, 60_000)));`,
    'leaves something running': `${WORKS}setInterval(() => {}, 1000);`,
  };
  for (const [fault, body] of Object.entries(bad)) {
    t.test(`a file that ${fault} fails, ${how}, and only that file`, async (t) => {
      // The longer file is taken first.
      const files = { 'bad.test.js': `${body}\n//${' '.repeat(500)}`, 'good.test.js': WORKS };
      const ran = await runTests(t, files, apart);
      t.match(ran.counts, /^[12] passed, 1 failed, 0 skipped$/, ran.stdout);
      t.equal(ran.status, 1);
      t.match(ran.stdout, /bad\.test\.js/);
      t.match(ran.stdout, /ok .*good\.test\.js: 1 passed/);
    });
  }
}

t.test('a file that leaves its process changed fails', async (t) => {
  for (const change of ['process.env.LEFT_BEHIND = 1', 'process.chdir("/")', 'process.umask(0o7)']) {
    const files = { 'a.test.js': `t.test('changes', (t) => { ${change}; t.pass(); t.end(); });` };
    t.equal((await runTests(t, files, false)).counts, '1 passed, 1 failed, 0 skipped', change);
  }
});
