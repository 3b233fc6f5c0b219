/** The builder as its parent sees it: a process for one engine. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { FromBuilder, ToBuilder } from '../../dist/ipc/builder-protocol.js';
import { buildRig } from '../helpers/build-rig.js';

const MAIN = join(import.meta.dirname, '../../dist/builder/main.js');

function start(): { child: ChildProcess; heard: FromBuilder[]; end: Promise<unknown[]> } {
  const child = fork(MAIN, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const heard: FromBuilder[] = [];
  child.on('message', (message) => heard.push(message as FromBuilder));
  return { child, heard, end: once(child, 'exit') };
}

t.test('it builds the engine of its job, behind everybody else in line, and is gone', async (t) => {
  const { job, wishes, left } = await buildRig(t);
  const [wish] = wishes;
  if (wish === undefined) throw new Error('no wish');
  const { child, heard, end } = start();
  child.send({ type: 'build', job: job(wish) } satisfies ToBuilder);
  const [first] = (await once(child, 'message')) as [FromBuilder];
  t.match(first, { type: 'progress', progress: { phase: 'preparing', provider: 'cpu' } });
  t.match(readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' '), { 18: '15' });
  t.strictSame(await end, [0, null]);
  t.match(heard.at(-1), { type: 'built', engine: { key: wish.key, wasThere: false } });
  t.strictSame(left(), [wish.key]);
});

t.test('what it fails at is an answer, with whether another try could help', async (t) => {
  const { job, wishes } = await buildRig(t);
  const wish = { ...(wishes[0] as (typeof wishes)[0]), key: 'f'.repeat(64) };
  const { child, heard, end } = start();
  child.send({ type: 'build', job: job(wish) } satisfies ToBuilder);
  t.strictSame(await end, [0, null]);
  t.match(heard.at(-1), { type: 'failed', error: { code: 'ENGINE_CANCELLED' }, final: false });
});

t.test('without a parent it ends, and with it what it had begun', async (t) => {
  const { job, wishes, cacheFolder } = await buildRig(t);
  const { child, end } = start();
  child.send({ type: 'build', job: job(wishes[0] as (typeof wishes)[0]) } satisfies ToBuilder);
  await once(child, 'message');
  child.disconnect();
  await end;
  const names = readdirSync(join(cacheFolder, 'engines'));
  t.notOk(names.some((name) => name.endsWith('.tmp')));
});

t.test('one that has not begun ends when it is told to', async (t) => {
  const { child, end } = start();
  child.send({ type: 'cancel' } satisfies ToBuilder);
  t.strictSame(await end, [0, null]);
});
