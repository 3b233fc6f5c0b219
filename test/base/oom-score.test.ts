/** Who is ended first when the machine has no memory left. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { BUILDER_OOM_SCORE, offerToEnd, WORKER_OOM_SCORE } from '../../dist/base/oom-score.js';

t.test('the score is written, and a build goes before a worker', async (t) => {
  const path = join(t.testdir({ score: '0' }), 'score');
  await offerToEnd(WORKER_OOM_SCORE, path);
  t.equal(readFileSync(path, 'utf8'), '500');
  t.ok(BUILDER_OOM_SCORE > WORKER_OOM_SCORE);
});

t.test('where there is no such thing, nothing is made and nothing fails', async (t) => {
  const folder = t.testdir({});
  await offerToEnd(1, join(folder, 'none'));
  t.notOk(existsSync(join(folder, 'none')));
  await offerToEnd(1, folder);
  writeFileSync(join(folder, 'file'), '');
  await offerToEnd(1, join(folder, 'file/below'));
});
