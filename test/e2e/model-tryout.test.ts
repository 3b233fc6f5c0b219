/** New versions in the real process that tries them: good ones, and those that may not serve. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import type { TrialFacts } from '../../dist/core/model-trial.js';
import { tryOutModel } from '../../dist/daemon/model-tryout.js';
import { writeDrawnPicture } from '../../dist/worker/drawn-picture.js';
import { modelPlan, workerPlan } from '../helpers/plans.js';
import { type TinyBundleOptions, tinyBundle } from '../helpers/tiny-bundle.js';

const GOOD: [number, number, number, number] = [4, 4, 20, 20];

/** A bundle with a sample, in which its publisher found a thing at GOOD. */
async function bundle(folder: string, options: TinyBundleOptions = {}): Promise<string> {
  const path = tinyBundle(folder, options);
  mkdirSync(join(path, 'samples'));
  await writeDrawnPicture(join(path, 'samples', 'a.jpg'), 64, 48);
  const detections = [{ label: 'thing', label_id: 0, score: 0.9, box: GOOD }];
  const images = [{ image: 'a.jpg', width: 64, height: 48, detections }];
  writeFileSync(join(path, 'samples', 'expected.json'), JSON.stringify({ threshold: 0.4, images }));
  return path;
}

async function tried(t: Test, options: TinyBundleOptions): Promise<TrialFacts> {
  const folder = t.testdir();
  const active = modelPlan({ bundle: await bundle(join(folder, 'active'), { box: GOOD, work: 4 }) });
  const model = modelPlan({ bundle: await bundle(join(folder, 'new'), options) });
  const plan = workerPlan({ cacheFolder: join(folder, 'cache') });
  const host = { env: process.env, clock: systemClock, silenceMs: 60_000 };
  return tryOutModel({ model, plan }, active, host, new AbortController().signal);
}

t.test('one that is as good as the one that serves may serve', async (t) => {
  const facts = await tried(t, { box: GOOD, work: 4 });
  t.match(facts, { provider: 'cpu', samples: 1, expected: 1, found: 1 });
  t.ok(facts.ms > 0 && (facts.activeMs ?? 0) > 0);
  t.ok(facts.memoryBytes > 10e6);
});

t.test('one that takes many times as long may not', async (t) => {
  await t.rejects(tried(t, { box: GOOD, work: 60 }), { code: 'MODEL_SLOW', message: /ms per picture/ });
});

t.test('one that does not find what its publisher finds may not', async (t) => {
  await t.rejects(tried(t, { score: 0.01, work: 4 }), { code: 'MODEL_FINDS_NOTHING' });
});

t.test('one that takes all memory fails in a process of its own', async (t) => {
  await t.rejects(tried(t, { hog: true }), { code: 'MODEL_FAILS', message: /failed while it was loaded/ });
});

t.test('one that is no model at all', async (t) => {
  const folder = t.testdir();
  const path = await bundle(join(folder, 'new'));
  writeFileSync(join(path, 'model.onnx'), 'no model');
  const host = { env: process.env, clock: systemClock, silenceMs: 60_000 };
  const candidate = { model: modelPlan({ bundle: path }), plan: workerPlan({ cacheFolder: folder }) };
  await t.rejects(tryOutModel(candidate, undefined, host, new AbortController().signal), {
    code: 'MODEL_FAILS',
    message: /failed while it was loaded/,
  });
});
