/** Pictures for bare inference loops. */
import t from 'tap';
import { parseInferCfg } from '../../dist/bundle/infer-cfg.js';
import type { GraphFacts } from '../../dist/core/prepared-graph.js';
import { exportedFeeds, preparedFeeds } from '../../dist/worker/bare-feeds.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';

const steps = ['{type: Resize, target_size: [2, 4], keep_ratio: false, interp: 2}', '{type: Permute}'];
const cfg = parseInferCfg(inferCfgText(steps), 'infer_cfg.yml');
const graph: GraphFacts = {
  ...{ mode: 'live', format: 'RGBA', imageInput: 'picture', networkWidth: 4, networkHeight: 2 },
  auxiliaryInputs: [{ name: 'scale', meaning: 'scale_factor' }],
  ...{ outputs: [], notes: [] },
};

t.test('a prepared graph gets as many pictures as it should take at once', async (t) => {
  const { picture: one, scale } = preparedFeeds(graph, cfg, 1);
  t.match(one, { type: 'uint8', dims: [1, 2, 4, 4] });
  t.equal(one?.data.length, 32);
  t.strictSame(scale?.dims, [1, 2]);
  const many = preparedFeeds(graph, cfg, 3);
  t.strictSame(
    [many['picture']?.dims, many['scale']?.dims],
    [
      [3, 2, 4, 4],
      [3, 2],
    ],
  );
  const data = [...((many['picture']?.data ?? []) as Uint8Array)];
  t.strictSame(
    data,
    [1, 2, 3].flatMap(() => [...((one?.data ?? []) as Uint8Array)]),
  );
  t.ok(new Set(data).size > 8, 'that are not all of one colour');
});

t.test('an exported one gets floats in the order of channels', async (t) => {
  const spec = { type: 'float32', dims: [] } as const;
  const inputs = ['x', 'scale'].map((name) => ({ ...spec, dims: [], name }));
  const feeds = exportedFeeds(inputs, graph, cfg);
  t.strictSame(Object.keys(feeds), ['x', 'scale']);
  t.match(feeds['x'], { type: 'float32', dims: [1, 3, 2, 4] });
  t.equal(feeds['x']?.data.length, 24);
});
