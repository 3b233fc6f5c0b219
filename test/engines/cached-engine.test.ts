/** An engine that is in use until it is closed. */
import t from 'tap';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import { built, madeUpKey } from '../helpers/made-up-engine.js';

t.test('its files are named by the manifest alone', async (t) => {
  const folder = t.testdir();
  const cache = new EngineCache({ folder, maxBytes: 1e9 });
  const { digest } = madeUpKey(1);
  const engine = await built(cache, madeUpKey(1), { 'context.onnx': '' });
  t.equal(engine.key, digest);
  t.equal(engine.file('context.onnx'), `${folder}/engines/${digest}/context.onnx`);
  for (const name of ['engine', 'last-use', '../x', '']) t.equal(engine.file(name), undefined);
  t.equal(await cache.remove(digest), 'in use');
  await engine.close();
  t.equal(await cache.remove(digest), 'removed');
});
