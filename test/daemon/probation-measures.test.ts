/** What a version on probation is held against survives a restart, and is never in the way of a change. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ModelVersion } from '../../dist/core/model-update.js';
import { withMeasures } from '../../dist/daemon/probation-measures.js';
import type { UpdateActs } from '../../dist/models/update-acts.js';
import type { WindowFacts } from '../../dist/supervisor/frame-window.js';
import { madeUpVersion } from '../helpers/model-slots.js';
import { GOOD } from '../helpers/update-rig.js';

const GATE: WindowFacts = {
  ...{ frames: 100, detections: 200, perFrame: 2 },
  ...{ inferMs: 5, inferMs95: undefined, intervalMs: 40 },
};
const VERSION: ModelVersion = madeUpVersion('2');
const never = new AbortController().signal;

function setup(t: Test, measure: Record<string, WindowFacts>, folder = join(t.testdir(), 'measures')) {
  const done: unknown[] = [];
  const acts = withMeasures(
    {
      switchTo: async () => void done.push('switched'),
      probation: async () => GOOD,
    } as unknown as UpdateActs,
    { measure: () => measure, remember: (model, cameras) => void done.push({ [model]: cameras }) },
    folder,
  );
  const file = join(folder, 'people.json');
  const prove = (version = VERSION) => acts.probation('people', version, never, () => {});
  return { acts, done, folder, file, prove, serve: () => acts.switchTo('people', VERSION, never) };
}

t.test('it is kept before the switch, and read again by another process', async (t) => {
  const before = setup(t, { gate: GATE });
  await before.serve();
  t.ok(existsSync(before.file));
  const after = setup(t, {}, before.folder);
  await after.serve();
  t.equal(await after.prove(), GOOD);
  t.strictSame(after.done, ['switched', { people: { gate: GATE } }]);
  t.notOk(existsSync(before.file), 'it has served its purpose');
});

t.test('that of another version does not count, nor what is damaged', async (t) => {
  const rig = setup(t, { gate: GATE });
  await rig.serve();
  await rig.prove(madeUpVersion('3'));
  for (const text of ['', '{', '{"digest":1}', 'x'.repeat(2 ** 20 + 1)]) {
    writeFileSync(rig.file, text);
    t.equal(await rig.prove(), GOOD);
  }
  t.strictSame(rig.done, ['switched', ...Array.from({ length: 5 }, () => ({ people: {} }))]);
});

t.test('a disk that does not take it is no reason not to switch', async (t) => {
  const folder = t.testdir({ measures: 'a file' });
  const rig = setup(t, { gate: GATE }, join(folder, 'measures'));
  await rig.serve();
  t.strictSame(rig.done, ['switched']);
  const none = setup(t, {}, join(folder, 'none'));
  await none.acts.switchTo('people', undefined, never);
  await none.serve();
  t.notOk(existsSync(join(folder, 'none')), 'nothing to keep');
  mkdirSync(join(folder, 'none', 'people.json'), { recursive: true });
  t.equal(await none.prove(), GOOD);
});
