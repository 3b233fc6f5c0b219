/** Programs that answer, and programs that fail in every way a program can. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { programOutput } from '../../dist/base/program-output.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { isAlive } from '../helpers/process-tree.js';
import { until } from '../helpers/until.js';

const limits = { timeoutMs: 30_000, maxBytes: 1000 };

function script(t: Pick<Test, 'testdir'>, body: string): string {
  // The program has no extension; this says that it is no module, whatever is said above the folder.
  const path = join(t.testdir({ 'package.json': '{}' }), 'program');
  writeFileSync(path, `#!${process.execPath}\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

t.test('what it prints is the answer; arguments arrive as they are', async (t) => {
  const program = script(t, 'process.stdout.write(process.argv.slice(2).join("|") + process.env.LC_ALL)');
  t.strictSame(await programOutput(program, ['a b', '$HOME;ls', ''], limits), {
    ok: true,
    stdout: 'a b|$HOME;ls|C.UTF-8',
  });
});

t.test('missing, forbidden and failing programs say why', async (t) => {
  const reason = async (program: string) => {
    const answer = await programOutput(program, [], limits);
    return answer.ok ? 'answered' : answer.reason;
  };
  t.equal(await reason('/nonexistent/program'), 'is not installed');
  t.match(await reason(t.testdir({})), /^cannot be run: .*EACCES/);
  t.equal(await reason(script(t, 'process.exit(3)')), 'ended with status 3');
  t.equal(
    await reason(script(t, 'setInterval(() => {}, 1000); process.kill(process.pid, "SIGTERM")')),
    'ended with SIGTERM',
  );
  t.equal(
    await reason(script(t, 'setInterval(() => console.log("x".repeat(500)), 1)')),
    'printed more than 1000 bytes',
  );
});

t.test('one that never answers is ended with all that it started', async (t) => {
  const clock = new FakeClock();
  const note = join(t.testdir(), 'pid');
  // The second process holds the pipe open, as a helper of a driver does.
  const program = script(
    t,
    `const { spawn } = require('node:child_process');
     const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
     require('node:fs').writeFileSync(${JSON.stringify(note)} + '.new', String(child.pid));
     require('node:fs').renameSync(${JSON.stringify(note)} + '.new', ${JSON.stringify(note)});
     setInterval(() => {}, 1000);`,
  );
  const answer = programOutput(program, [], { ...limits, clock });
  await until(() => existsSync(note));
  clock.advance(30_000);
  t.strictSame(await answer, { ok: false, reason: 'did not answer in 30000 ms' });
  const { readFileSync } = await import('node:fs');
  const pid = Number(readFileSync(note, 'utf8'));
  await until(() => !isAlive(pid));
  t.equal(clock.pending, 0);
});

t.test('who asked is told when the process is gone, or never was', async (t) => {
  let gone = 0;
  const onGone = () => {
    gone += 1;
  };
  await programOutput('/nonexistent/program', [], { ...limits, onGone });
  t.equal(gone, 1);
  await programOutput(script(t, ''), [], { ...limits, onGone });
  t.equal(gone, 2);
  const clock = new FakeClock();
  const hanging = programOutput(script(t, 'setInterval(() => {}, 1000)'), [], { ...limits, clock, onGone });
  clock.advance(30_000);
  t.match(await hanging, { ok: false });
  await until(() => gone === 3);
});
