/** systemd/restart-pause: a service that fails again and again is started with growing pauses, and forgiven. */
import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';

const script = join(import.meta.dirname, '../../systemd/restart-pause');

/** A service whose clock the test sets; `sleep` only writes down for how long. */
function setting(t: Test) {
  const folder = t.testdir({
    run: {},
    etc: { 'detectd.yaml': 'a' },
    bin: {},
    uptime: '0.0 0.0\n',
    slept: '',
  });
  const at = (name: string) => join(folder, name);
  writeFileSync(
    at('bin/sleep'),
    `#!/bin/sh\necho "$1" >>${at('slept')}\n[ ! -e ${at('mend')} ] || mv ${at('mend')} ${at('etc/detectd.yaml')}\n`,
    { mode: 0o755 },
  );
  const run = (uptime: number, result: string, ...args: string[]) => {
    writeFileSync(at('uptime'), `${uptime}.25 0.0\n`);
    const ran = spawnSync(script, args, {
      encoding: 'utf8',
      env: {
        PATH: `${at('bin')}:${process.env['PATH']}`,
        RUNTIME_DIRECTORY: at('run'),
        CONFIGURATION_DIRECTORY: at('etc'),
        PAUSE_UPTIME: at('uptime'),
        SERVICE_RESULT: result,
      },
    });
    t.equal(ran.stderr, '');
    t.equal(ran.status, 0);
    return ran.stdout;
  };
  /** Seconds that the next start waits. */
  const pause = (uptime: number, longest = 60) => {
    writeFileSync(at('slept'), '');
    const said = run(uptime, 'success', 'before', String(longest));
    return { said, seconds: readFileSync(at('slept'), 'utf8').split('\n').length - 1 };
  };
  const fail = (uptime: number, result = 'exit-code') => run(uptime, result, 'after');
  return { at, pause, fail };
}

t.test('the pause doubles from the fifth failure on, up to the longest', (t) => {
  const { pause, fail } = setting(t);
  const pauses: number[] = [];
  for (let uptime = 100; uptime < 112; uptime += 1) {
    pauses.push(pause(uptime).seconds);
    fail(uptime);
  }
  t.strictSame(pauses, [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 60, 60]);
  t.match(pause(113).said, /^<4>failed 12 times within 10 minutes: the next start is in 60 s/);
  t.equal(pause(113, 3).seconds, 3);
  t.equal(pause(113, 0).seconds, 0, 'a longest of 0 takes all pauses away');
  t.end();
});

t.test('what is ten minutes old is forgiven, and all with an orderly end', (t) => {
  const { pause, fail } = setting(t);
  for (let count = 0; count < 20; count += 1) fail(100);
  t.equal(pause(101).seconds, 60);
  fail(102, 'success');
  t.equal(pause(103).seconds, 0);
  for (let uptime = 100; uptime < 106; uptime += 1) fail(uptime, 'watchdog');
  t.equal(pause(106).seconds, 4);
  t.equal(pause(704).seconds, 0);
  t.end();
});

t.test('a changed configuration ends the pause, also one that was mended before it', (t) => {
  const { at, pause, fail } = setting(t);
  for (let uptime = 100; uptime < 112; uptime += 1) fail(uptime);
  writeFileSync(at('mend'), 'mended');
  const { said, seconds } = pause(113);
  t.equal(seconds, 1);
  t.match(said, /<5>the configuration changed: starting\n$/);
  t.equal(pause(114).seconds, 0, 'it differs from what failed');
  fail(115);
  t.equal(pause(116).seconds, 60, 'and fails in its turn');
  t.end();
});

t.test('whatever is in its files, it starts', (t) => {
  const { at, pause, fail } = setting(t);
  for (const text of [
    '',
    'no number\n'.repeat(1000),
    '99999999999999999999\n',
    '-5\n1e9\n$(reboot)\n',
    '\0\0\n',
  ]) {
    writeFileSync(at('run/failures'), text);
    t.equal(pause(50).seconds, 0);
    fail(50);
    t.equal(readFileSync(at('run/failures'), 'utf8'), '50\n');
  }
  for (let count = 0; count < 100; count += 1) fail(60);
  t.ok(readFileSync(at('run/failures'), 'utf8').split('\n').length < 40, 'and they stay short');
  t.end();
});

t.test('where failures cannot be written down each is followed by a pause, and that is said', (t) => {
  const { at, pause, fail } = setting(t);
  const slept = () => readFileSync(at('slept'), 'utf8').split('\n').length - 1;
  // As a full /run: files can be made, and nothing fits into them.
  for (const file of ['run/failures.new', 'run/failures.configuration']) {
    for (let uptime = 100; uptime < 106; uptime += 1) {
      writeFileSync(at('slept'), '');
      symlinkSync('/dev/full', at(file));
      const said = fail(uptime);
      t.match(
        said,
        /^<4>\S+\/run takes no more files, so failures are not counted: the next start is 8 s later/,
      );
      t.equal(slept(), 8);
    }
    t.equal(pause(107).seconds, 0, 'it was waited already');
  }
  writeFileSync(at('slept'), '');
  symlinkSync('/dev/full', at('run/failures.new'));
  writeFileSync(at('mend'), 'mended');
  t.match(fail(108), /<5>the configuration changed: starting\n$/);
  t.equal(slept(), 1);
  t.equal(fail(109), '', 'with room again it counts again');
  t.equal(readFileSync(at('run/failures'), 'utf8'), '109\n');
  t.end();
});
