/** The other scripts: clean by shellcheck, helpful when asked, clear when used wrongly, counts that are right. */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
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

/** What scripts/test-report.mjs makes of the given TAP. */
async function report(folder: string, tap: string) {
  const input = join(folder, 'input.tap');
  const counts = join(folder, 'counts');
  await writeFile(input, tap);
  const script = join(REPOSITORY, 'scripts/test-report.mjs');
  const ran = await runProgram('sh', ['-c', 'node "$0" "$1" <"$2"', script, counts, input], 60_000);
  return { ...ran, counts: (await readFile(counts, 'utf8')).trim() };
}

t.test('the report counts tests, not assertions, and lists failures and skips', async (t) => {
  const tap = `TAP version 14
# Subtest: a.test.ts
    # Subtest: works
        ok 1 - one
        ok 2 - two
        1..2
    ok 1 - works
    # Subtest: breaks
        ok 1 - one
        not ok 2 - should be equal
          ---
          diff: "-1 +2"
          ...
        not ok 3 - too
        1..3
    not ok 2 - breaks
    ok 3 - camera # SKIP no camera here
    1..3
not ok 1 - a.test.ts
# Subtest: b.test.ts
    ok 1 - alone
    1..1
ok 2 - b.test.ts
1..2
`;
  const ran = await report(t.testdir({}), tap);
  t.equal(ran.counts, '2 1 1');
  t.equal(ran.status, 1);
  t.match(ran.stdout, 'FAILED: a.test.ts > breaks > should be equal');
  t.match(ran.stdout, '-1 +2');
  t.match(ran.stdout, 'skipped: a.test.ts > camera (no camera here)');
  t.match(ran.stdout, 'ok b.test.ts: 1 passed');
});

t.test('a file that crashes, times out or is cut short is a failure', async (t) => {
  const crash = 'TAP version 14\nnot ok 1 - a.test.ts\n  ---\n  exitCode: 1\n  ...\n1..1\n';
  t.equal((await report(t.testdir({}), crash)).counts, '0 1 0');
  const cut = 'TAP version 14\n# Subtest: a.test.ts\n    # Subtest: works\n        ok 1 - one\n';
  t.match((await report(t.testdir({}), cut)).counts, /^\d [1-9] 0$/);
  t.match((await report(t.testdir({}), '')).counts, /^0 [1-9] 0$/);
  t.equal((await report(t.testdir({}), 'TAP version 14\n1..0\n')).counts, '0 1 0');
  const bail = 'TAP version 14\nok 1 - a\nBail out! no more\n';
  t.match((await report(t.testdir({}), bail)).counts, /^\d [1-9] 0$/);
});

t.test('a green run has no failures', async (t) => {
  const tap =
    'TAP version 14\n# Subtest: a\n    # Subtest: b\n        ok 1 - c\n        1..1\n    ok 1 - b\n    1..1\nok 1 - a\n1..1\n';
  const ran = await report(t.testdir({}), tap);
  t.equal(ran.counts, '1 0 0');
  t.equal(ran.status, 0);
});
