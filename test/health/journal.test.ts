/** Events for the journal: one at a time, few a minute, and never in the way. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createLogger } from '../../dist/base/logger.js';
import { Journal, loggerObstacle, sendByLogger } from '../../dist/health/journal.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { logLines } from '../helpers/log-lines.js';

const log = createLogger({ level: 'silent', pretty: false });
const event = (message: string) => ({ event: 'remedy', message }) as const;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds(); await sleep(20))
    if (Date.now() > end) throw new Error('it did not happen in time');
}

/** A journal whose sender waits until it is told that it has sent, or failed. */
function journal(present = true) {
  const sent: string[] = [];
  const pending: { done: () => void; fail: (error: Error) => void }[] = [];
  const clock = new FakeClock();
  const send = (lines: string) =>
    new Promise<void>((done, fail) => {
      sent.push(/^MESSAGE=(.*)$/m.exec(lines)?.[1] ?? '');
      pending.push({ done, fail });
    });
  const finish = async (error?: Error) => {
    const first = pending.shift();
    if (error === undefined) first?.done();
    else first?.fail(error);
    await turn();
  };
  return { sent, clock, finish, it: new Journal({ log, clock, env: {}, present, send }) };
}

t.test('events are sent one after the other, also after one that failed', async (t) => {
  const { it, sent, finish } = journal();
  it.event(event('one'));
  it.event(event('two'));
  t.strictSame(sent, ['one']);
  await finish(new Error('no logger'));
  t.strictSame(sent, ['one', 'two']);
  await finish();
  it.event(event('three'));
  t.strictSame(sent, ['one', 'two', 'three']);
});

t.test('of too many waiting the newest are kept, and of too many a minute the first', async (t) => {
  const { it, sent, clock, finish } = journal();
  for (let index = 0; index < 100; index += 1) it.event(event(`${index}`));
  while (sent.length < 17) await finish();
  await finish();
  t.strictSame(sent, ['0', ...Array.from({ length: 16 }, (_, index) => `${index + 14}`)]);
  it.event(event('still too many'));
  t.equal(sent.length, 17);
  clock.advance(60_000);
  it.event(event('later'));
  t.equal(sent.at(-1), 'later');
});

t.test('outside the journal nothing is sent', (t) => {
  const { it, sent } = journal(false);
  it.event(event('one'));
  t.strictSame(sent, []);
  // The standard output of a test is a pipe, whatever the environment says.
  const said: string[] = [];
  const send = async (lines: string) => void said.push(lines);
  new Journal({ log, clock: new FakeClock(), env: { JOURNAL_STREAM: '1:2' }, send }).event(event('x'));
  t.strictSame(said, []);
  t.end();
});

t.test('closing waits for the one being sent and the newest', async (t) => {
  const { it, sent, finish } = journal();
  for (const name of ['one', 'two', 'three']) it.event(event(name));
  let closed = false;
  const closing = it.close().then(() => {
    closed = true;
  });
  await finish();
  t.notOk(closed);
  await finish();
  await closing;
  t.strictSame(sent, ['one', 'three']);
  await journal().it.close();
});

t.test('what is sent reaches logger over its standard input, whatever it holds', async (t) => {
  const folder = t.testdir({
    logger: `#!/bin/sh\necho "$*" >${'$'}{0%/*}/arguments\ncat >${'$'}{0%/*}/input\n`,
  });
  chmodSync(join(folder, 'logger'), 0o755);
  const path = process.env['PATH'];
  t.teardown(() => {
    process.env['PATH'] = path;
  });
  process.env['PATH'] = `${folder}:${path}`;
  const lines = 'MESSAGE=$(reboot) `id` "; \' & |\nPRIORITY=5\n';
  await sendByLogger(lines);
  await until(
    () => existsSync(join(folder, 'input')) && readFileSync(join(folder, 'input'), 'utf8') === lines,
  );
  t.equal(readFileSync(join(folder, 'arguments'), 'utf8'), '--journald\n');
  // A sender that reads nothing is no fault of ours, and one that is missing is told.
  writeFileSync(join(folder, 'logger'), '#!/bin/sh\nexit 1\n');
  await sendByLogger('x'.repeat(500_000));
  process.env['PATH'] = folder;
  await t.rejects(sendByLogger(lines));
});

t.test('a logger that takes no fields is asked once, and that is said once', async (t) => {
  const { log, lines } = logLines();
  const sent: string[] = [];
  let asked = 0;
  const of = (reason: string | undefined) =>
    new Journal({
      log,
      clock: new FakeClock(),
      env: {},
      present: true,
      send: async (text) => void sent.push(text),
      obstacle: async () => {
        asked += 1;
        return reason;
      },
    });
  const old = of('it is old');
  for (const name of ['one', 'two']) old.event(event(name));
  await old.close();
  old.event(event('three'));
  await old.close();
  t.strictSame([sent, asked], [[], 1]);
  t.match(lines, [{ level: 40, reason: 'it is old', msg: /^events have no fields of their own/ }]);
  t.equal(lines.length, 1);
  const able = of(undefined);
  for (const name of ['one', 'two']) {
    able.event(event(name));
    await able.close();
  }
  t.strictSame([sent.length, asked], [2, 2]);
});

t.test('what logger can do is read from its help', async (t) => {
  const folder = t.testdir({});
  const path = process.env['PATH'];
  t.teardown(() => {
    process.env['PATH'] = path;
  });
  process.env['PATH'] = `${folder}:${path}`;
  const answers = async (script: string) => {
    writeFileSync(join(folder, 'logger'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return loggerObstacle();
  };
  t.equal(await answers("echo ' --journald[=<file>]  write journald entry'"), undefined);
  t.match(await answers("echo 'BusyBox: logger [-s] [-t TAG]' >&2; exit 1"), /no option --journald/);
  t.match(await answers('echo " -i  log the process ID"'), /no option --journald/);
  process.env['PATH'] = t.testdir({});
  t.match(await loggerObstacle(), /cannot be run/);
});
