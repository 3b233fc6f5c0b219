/** A version beside the one that serves, for itself. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ShadowRunner } from '../../dist/worker/shadow-runner.js';
import { loadShadow } from '../../dist/worker/shadow-runner.js';
import { modelPlan } from '../helpers/plans.js';
import { type TinyBundleOptions, tinyBundle } from '../helpers/tiny-bundle.js';
import { modelReport } from '../helpers/worker-parts.js';

type Told = Parameters<Parameters<typeof loadShadow>[3]>[0];

const ACTIVE = { report: modelReport({ networkWidth: 32, networkHeight: 32 }) };
const FRAME = {
  ...{
    camera: 'gate',
    sequence: 0,
    capturedAtUs: 5,
    width: 32,
    height: 32,
    sourceWidth: 640,
    sourceHeight: 480,
  },
  format: 'RGB' as const,
  data: new Uint8Array(32 * 32 * 3),
};
const FOUND = { label: 'thing', labelId: 0, score: 0.8, box: { x1: 4, y1: 4, x2: 20, y2: 20 } };

async function loaded(
  t: Pick<Test, 'testdir'>,
  active: typeof ACTIVE | undefined,
  options: TinyBundleOptions = {},
): Promise<{ runner: ShadowRunner | undefined; told: Told[] }> {
  const folder = t.testdir({});
  const told: Told[] = [];
  const plan = modelPlan({ bundle: tinyBundle(join(folder, 'bundle'), options) });
  const tell = (message: Told): void => void told.push(message);
  const runner = await loadShadow(plan, active, { format: 'RGB', scratchFolder: folder }, tell);
  return { runner, told };
}

t.test('what both find, and what one alone does', async (t) => {
  const { runner, told } = await loaded(t, ACTIVE);
  await runner?.analyse(FRAME, undefined, [FOUND, { ...FOUND, label: 'other' }], () => {});
  t.match(told, [
    { type: 'shadow', report: { both: 1, onlyOld: 1, onlyNew: 0, examplesOld: [{ label: 'other' }] } },
  ]);
  await runner?.release();
  await runner?.analyse(FRAME, undefined, [], () => {});
  t.equal(told.length, 1, 'released, it says no more');
});

t.test('one that takes other pictures, or has nobody beside it, does not run', async (t) => {
  t.match(await loaded(t, ACTIVE, { side: 64 }), { runner: undefined, told: [{ type: 'shadow-failed' }] });
  t.match(await loaded(t, undefined), { runner: undefined, told: [{ type: 'shadow-failed' }] });
});

t.test('one that fails on a picture ends, and nothing else', async (t) => {
  const { runner, told } = await loaded(t, ACTIVE);
  await runner?.analyse({ ...FRAME, data: new Uint8Array(3) }, undefined, [], () => {});
  t.match(told, [{ type: 'shadow-failed' }]);
  await runner?.analyse(FRAME, undefined, [], () => {});
  t.equal(told.length, 1);
});
