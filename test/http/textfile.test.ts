/** Metrics as a file: whole at any moment, readable for others, gone at the end. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Textfile } from '../../dist/http/textfile.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { logLines } from '../helpers/log-lines.js';
import { until } from '../helpers/until.js';

const signal = new AbortController().signal;

function made(t: Test, path: string, text: () => Promise<string>) {
  const clock = new FakeClock();
  const { log, lines } = logLines();
  const file = new Textfile({ path, text, clock, log });
  t.teardown(() => file.close());
  return { file, clock, lines };
}

t.test('it is written at once and then every minute, for everybody to read', async (t) => {
  const path = join(t.testdir({}), 'detectd.prom');
  let count = 0;
  const { file, clock } = made(t, path, async () => `a ${++count}\n`);
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  await file.start(signal);
  t.equal(readFileSync(path, 'utf8'), 'a 1\n');
  t.equal(statSync(path).mode & 0o777, 0o644, 'whatever the umask');
  clock.advance(59_999);
  t.equal(count, 1);
  clock.advance(1);
  await until(() => readFileSync(path, 'utf8') === 'a 2\n');
  t.equal(file.health().state, 'ok');
});

t.test('it goes with the daemon, and nothing is left beside it', async (t) => {
  const folder = t.testdir({});
  const { file, clock } = made(t, join(folder, 'detectd.prom'), async () => 'a 1\n');
  await file.start(signal);
  t.strictSame(readdirSync(folder), ['detectd.prom']);
  await file.close();
  t.strictSame(readdirSync(folder), []);
  t.equal(clock.pending, 0);
});

t.test('without its folder it is degraded, makes none, and writes as soon as there is one', async (t) => {
  const folder = join(t.testdir({}), 'collector');
  const path = join(folder, 'detectd.prom');
  const { file, clock, lines } = made(t, path, async () => 'a 1\n');
  await file.start(signal);
  t.match(file.health(), { state: 'degraded', reason: /has no folder.*http\.textfile/ });
  t.notOk(existsSync(folder));
  await clock.advanceAsync(60_000);
  await until(() => lines.length === 1);
  mkdirSync(folder);
  await until(() => {
    clock.advance(60_000);
    return file.health().state === 'ok';
  });
  t.equal(readFileSync(path, 'utf8'), 'a 1\n');
  t.equal(lines.length, 1, 'told once');
});

const root = process.getuid?.() === 0 ? 'root may write anywhere' : false;

t.test('a folder that may not be written says what to do', { skip: root }, async (t) => {
  const folder = t.testdir({});
  chmodSync(folder, 0o555);
  t.teardown(() => chmodSync(folder, 0o755));
  const { file } = made(t, join(folder, 'detectd.prom'), async () => 'a 1\n');
  await file.start(signal);
  t.match(file.health(), { state: 'degraded', reason: /may not be written.*ReadWritePaths/ });
});

t.test('a path that is no file, and metrics that cannot be had, degrade it', async (t) => {
  const folder = t.testdir({ 'a.prom': {}, file: '' });
  const { file } = made(t, join(folder, 'a.prom'), async () => 'a 1\n');
  await file.start(signal);
  t.match(file.health(), { state: 'degraded', reason: /a\.prom cannot be written/ });
  t.strictSame(readdirSync(folder).sort(), ['a.prom', 'file'], 'no temporary file is left');
  const inside = made(t, join(folder, 'file/x.prom'), async () => 'a 1\n');
  await inside.file.start(signal);
  t.match(inside.file.health(), { state: 'degraded', reason: /has no folder/ });
  const failing = made(t, join(folder, 'b.prom'), () => Promise.reject(new Error('no text')));
  await failing.file.start(signal);
  t.match(failing.file.health(), { state: 'degraded', reason: /no text/ });
});

t.test('one write at a time, and the end waits for it', async (t) => {
  const path = join(t.testdir({}), 'detectd.prom');
  let finish: (text: string) => void = () => {};
  let asked = 0;
  const text = () => {
    asked += 1;
    return new Promise<string>((resolve) => {
      finish = resolve;
    });
  };
  const { file, clock } = made(t, path, text);
  const started = file.start(signal);
  await until(() => asked === 1);
  clock.advance(600_000);
  t.equal(asked, 1);
  const closed = file.close();
  finish('a 1\n');
  await Promise.all([started, closed]);
  t.notOk(existsSync(path));
});

t.test('an aborted start writes nothing', async (t) => {
  const folder = t.testdir({});
  writeFileSync(join(folder, 'other.prom'), 'x');
  const { file } = made(t, join(folder, 'detectd.prom'), async () => 'a 1\n');
  await file.start(AbortSignal.abort());
  t.strictSame(readdirSync(folder), ['other.prom']);
});
