/** What is remembered of engines that came to nothing, for how long, and what a damaged memory does. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  forgetRefusal,
  isSettled,
  noteRefusal,
  REFUSALS,
  readRefusals,
} from '../../dist/engines/engine-refusals.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { madeUpKeys } from '../helpers/made-up-engine.js';

const [first, second] = madeUpKeys.map(({ digest }) => digest) as [string, string];
const clock = new FakeClock();
const REFUSED = { code: 'ENGINE_REFUSED', reason: 'finds nothing', hint: 'raise it', final: true };
const STARVED = { code: 'ENGINE_MEMORY', reason: 'ran out of memory', final: false };

t.test('what was refused is known to the next process, with its reason', async (t) => {
  const folder = join(t.testdir({}), 'cache');
  t.equal((await readRefusals(folder)).size, 0);
  await noteRefusal(folder, first, REFUSED, clock);
  const refusal = (await readRefusals(folder)).get(first);
  t.match(refusal, { ...REFUSED, tries: 1, at: '2026-01-02T03:04:05.000Z' });
  t.ok(isSettled(refusal));
  t.notOk(isSettled((await readRefusals(folder)).get(second)));
});

t.test('what depends on the moment is settled at the third time', async (t) => {
  const folder = t.testdir({});
  for (const settled of [false, false, true]) {
    await noteRefusal(folder, first, STARVED, clock);
    t.equal(isSettled((await readRefusals(folder)).get(first)), settled);
  }
});

t.test('one that is forgotten starts over, and the others stay', async (t) => {
  const folder = t.testdir({});
  await noteRefusal(folder, first, REFUSED, clock);
  await noteRefusal(folder, second, REFUSED, clock);
  await forgetRefusal(folder, first);
  t.strictSame([...(await readRefusals(folder)).keys()], [second]);
});

t.test('a memory that is damaged, a folder or huge is none, and is written anew', async (t) => {
  for (const content of ['{', '[]', '{"x": 1}', `{"${first}": {"code": 1}}`, ' '.repeat((1 << 20) + 1)]) {
    const folder = t.testdir({ [REFUSALS]: content });
    t.equal((await readRefusals(folder)).size, 0, content.slice(0, 20));
    await noteRefusal(folder, first, REFUSED, clock);
    t.equal((await readRefusals(folder)).size, 1);
  }
  const folder = t.testdir({});
  mkdirSync(join(folder, REFUSALS));
  t.equal((await readRefusals(folder)).size, 0);
});

t.test('two hundred are kept, the newest', async (t) => {
  const folder = t.testdir({});
  const key = (number: number) => String(number).padStart(64, '0');
  const old = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [
      key(index),
      { ...REFUSED, tries: 1, at: '2026-01-01T00:00:00.000Z' },
    ]),
  );
  writeFileSync(join(folder, REFUSALS), JSON.stringify(old));
  await noteRefusal(folder, first.replace(/^./, 'f'), REFUSED, clock);
  const kept = await readRefusals(folder);
  t.equal(kept.size, 200);
  t.notOk(kept.has(key(0)));
  t.ok(kept.has(key(199)));
});

t.test('texts are cut, so that the file stays small', async (t) => {
  const folder = t.testdir({});
  await noteRefusal(folder, first, { ...REFUSED, reason: 'x'.repeat(10_000) }, clock);
  t.equal((await readRefusals(folder)).get(first)?.reason.length, 2000);
  t.ok(readFileSync(join(folder, REFUSALS)).length < 3000);
});
