/** A session that is fed pictures as the worker would. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Contender } from '../../dist/builder/contender.js';
import { openBundle } from '../../dist/bundle/bundle.js';
import { prepareGraph } from '../../dist/graph/prepare.js';
import { Session } from '../../dist/inference/session.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';

t.test('raw outputs and detections come of one run, in pixels of the picture', async (t) => {
  const folder = t.testdir({});
  const bundle = await openBundle(tinyBundle(join(folder, 'bundle'), { score: 0.4 }), folder);
  const where = bundle.modelPath;
  const graph = prepareGraph(readFileSync(where), bundle.inferCfg, {
    ...{ mode: 'live', format: 'RGB', processor: 'cpu', where },
  });
  const load = () => Session.load(graph.model, { provider: 'cpu', threads: 1, where });
  const picture = {
    width: 32,
    height: 32,
    sourceWidth: 64,
    sourceHeight: 64,
    data: new Uint8Array(32 * 32 * 3),
  };
  const low = new Contender(graph, bundle.inferCfg, await load(), 0.3);
  const { outputs, detections } = await low.run(picture);
  t.strictSame(
    [...((outputs[0]?.data ?? []) as Float32Array)].map((value) => Math.round(value * 10) / 10),
    [0, 0.4, 4, 4, 20, 20],
  );
  t.match(detections, [{ label: 'thing', box: { x1: 4, y1: 4, x2: 20, y2: 20 } }]);
  await low.release();
  const high = new Contender(graph, bundle.inferCfg, await load(), 0.5);
  t.strictSame((await high.run(picture)).detections, []);
  await high.release();
});
