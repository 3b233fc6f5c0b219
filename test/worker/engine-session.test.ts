/** Engines from the cache become sessions. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseInferCfg } from '../../dist/bundle/infer-cfg.js';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import { graphFactsText } from '../../dist/engines/graph-facts.js';
import { prepareGraph } from '../../dist/graph/prepare.js';
import { loadEngine } from '../../dist/worker/engine-session.js';
import { begun, built, madeUpFacts, madeUpKey } from '../helpers/made-up-engine.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';

const options = { provider: 'cpu', threads: 1, where: 'the engine' } as const;

t.test('its graph says how it is fed', async (t) => {
  const bundle = tinyBundle(join(t.testdir({}), 'bundle'));
  const [bytes, text] = ['model.onnx', 'infer_cfg.yml'].map((name) => readFileSync(join(bundle, name)));
  const prepared = prepareGraph(bytes ?? Buffer.of(), parseInferCfg(String(text), 'infer_cfg.yml'), {
    ...{ mode: 'live', format: 'RGB', processor: 'cpu', where: 'model.onnx' },
  });
  const { model, ...facts } = prepared;
  const cache = new EngineCache({ folder: t.testdirName, maxBytes: 1e9 });
  const build = await begun(cache, madeUpKey(1));
  writeFileSync(join(build.folder, 'model.onnx'), model);
  writeFileSync(join(build.folder, 'graph.json'), graphFactsText(facts));
  const engine = await build.commit(madeUpFacts);
  const { graph, session } = await loadEngine(engine, options);
  t.strictSame(graph, facts);
  t.strictSame(
    session.inputs.map(({ name }) => name),
    [graph.imageInput],
  );
  await session.release();
  await engine.close();
});

t.test('one that lacks a file, or holds another one, is refused', async (t) => {
  const cache = new EngineCache({ folder: t.testdir({}), maxBytes: 1e9 });
  const bare = await built(cache, madeUpKey(1), { 'model.onnx': 'no model' });
  await t.rejects(loadEngine(bare, options), /lacks a file/);
  await bare.close();
  const odd = await built(cache, madeUpKey(2), { 'model.onnx': 'no model', 'graph.json': '{}' });
  await t.rejects(loadEngine(odd, options), /graph\.json/);
  await odd.close();
});
