/** What is remembered of providers, and what a damaged file does. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isOpen, parseVerdicts, VERDICT_FILE, VerdictMemory } from '../../dist/inference/verdict-memory.js';
import { FakeClock } from '../helpers/fake-clock.js';

const good = { good: true, ms: 7 } as const;
const crashed = { good: false, reason: 'It crashed with SIGSEGV.', passing: false } as const;
const killed = { good: false, reason: 'Memory ran out.', passing: true } as const;

async function memory(folder: string): Promise<VerdictMemory> {
  const memory = new VerdictMemory(folder, new FakeClock());
  await memory.load();
  return memory;
}

t.test('good and bad verdicts outlive the process', async (t) => {
  const folder = t.testdir();
  const first = await memory(folder);
  t.equal(first.find('cuda', 'a'), undefined);
  await first.remember('cuda', 'a', good);
  await first.remember('tensorrt', 'a', crashed);
  const second = await memory(folder);
  t.strictSame(second.find('cuda', 'a')?.verdict, good);
  t.strictSame(second.find('tensorrt', 'a'), {
    provider: 'tensorrt',
    fingerprint: 'a',
    verdict: crashed,
    tries: 1,
    at: '2026-01-02T03:04:05.000Z',
  });
});

t.test('another fingerprint has no verdict', async (t) => {
  const known = await memory(t.testdir());
  await known.remember('cuda', 'a', good);
  t.equal(known.find('cuda', 'b'), undefined);
});

t.test('a failure that may pass is open until it came three times', async (t) => {
  const known = await memory(t.testdir());
  t.ok(isOpen(await known.remember('cuda', 'a', killed)));
  t.ok(isOpen(await known.remember('cuda', 'a', killed)));
  t.notOk(isOpen(await known.remember('cuda', 'a', killed)));
  t.notOk(isOpen(await known.remember('cuda', 'b', crashed)));
  t.notOk(isOpen(await known.remember('cuda', 'c', good)));
});

t.test('forgotten, it starts over', async (t) => {
  const folder = t.testdir();
  const known = await memory(folder);
  await known.remember('cuda', 'a', crashed);
  await known.forget('cuda', 'a');
  await known.forget('cuda', 'never');
  t.equal((await memory(folder)).find('cuda', 'a'), undefined);
});

t.test('two processes do not lose what the other found', async (t) => {
  const folder = t.testdir();
  const [one, other] = [await memory(folder), await memory(folder)];
  await one.remember('cuda', 'a', good);
  await other.remember('tensorrt', 'a', crashed);
  const third = await memory(folder);
  t.ok(third.find('cuda', 'a'));
  t.ok(third.find('tensorrt', 'a'));
});

t.test('it does not grow without end, nor do its texts', async (t) => {
  const folder = t.testdir();
  const known = await memory(folder);
  for (let index = 0; index < 40; index += 1) await known.remember('cuda', `f${index}`, good);
  await known.remember('cuda', 'long', { ...crashed, reason: 'x'.repeat(10_000) });
  t.equal(known.find('cuda', 'f0'), undefined);
  t.ok(known.find('cuda', 'f39'));
  t.ok(readFileSync(join(folder, VERDICT_FILE)).length < 10_000);
  t.ok((await memory(folder)).find('cuda', 'long'), 'what was cut is still read');
});

t.test('what is no file of verdicts is passed over', async (t) => {
  const one = { provider: 'cuda', fingerprint: 'a', verdict: good, tries: 1, at: '' };
  t.strictSame(parseVerdicts(''), []);
  t.strictSame(parseVerdicts('{"format":2,"verdicts":[]}'), []);
  t.strictSame(parseVerdicts('[1]'), []);
  t.strictSame(
    parseVerdicts(JSON.stringify({ format: 1, verdicts: [null, { ...one, provider: 'npu' }, one, 7] })),
    [one],
  );
  const folder = t.testdir({ [VERDICT_FILE]: 'x'.repeat(200_000) });
  t.equal((await memory(folder)).find('cuda', 'a'), undefined);
});

t.test('where it cannot be written, it is known all the same until the end', async (t) => {
  const folder = t.testdir();
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'sub', 'file'), '');
  const known = await memory(join(folder, 'sub', 'file'));
  await t.rejects(known.remember('cuda', 'a', good));
  t.strictSame(known.find('cuda', 'a')?.verdict, good);
});
