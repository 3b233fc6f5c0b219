/** How long a build should take, from those before it. */
import t from 'tap';
import type { ListedEngine } from '../../dist/engines/cache-listing.js';
import type { EngineManifest } from '../../dist/engines/engine-manifest.js';
import { expectedBuildMs } from '../../dist/engines/expected-time.js';
import { madeUpFacts, madeUpKey } from '../helpers/made-up-engine.js';

function engine(ms: number, change: Parameters<typeof madeUpKey>[1], name = 'people'): ListedEngine {
  const key = madeUpKey(ms, change);
  const manifest = {
    ...madeUpFacts,
    format: 1 as const,
    key: key.digest,
    parts: key.parts,
    model: { name, version: '1' },
    files: [],
    detectd: '1',
    created: '2026-01-02T03:04:05.000Z',
    build: { ...madeUpFacts.build, ms },
  } as unknown as EngineManifest;
  const { digest } = key;
  return { key: digest, name: digest, bytes: 1, lastUse: ms, inUse: false, manifest, problem: undefined };
}

t.test('the engine of the same model, provider and precision tells', (t) => {
  const key = madeUpKey(99, { provider: 'tensorrt', precision: 'fp16' });
  const engines = [
    engine(1, { provider: 'cpu' }),
    engine(2, { provider: 'tensorrt', precision: 'fp32' }),
    engine(3, { provider: 'tensorrt', precision: 'fp16' }, 'dogs'),
    engine(4, { provider: 'tensorrt', precision: 'fp16' }),
    engine(5, { provider: 'tensorrt', precision: 'fp16' }),
  ];
  t.equal(expectedBuildMs({ engines }, key, 'people'), 4, 'the one that was used last');
  t.equal(expectedBuildMs({ engines: engines.slice(0, 3) }, key, 'people'), 2, 'or of another precision');
  t.equal(expectedBuildMs({ engines: engines.slice(0, 1) }, key, 'people'), undefined);
  t.equal(expectedBuildMs({ engines: [] }, key, 'people'), undefined);
  t.end();
});

t.test('an engine that cannot be read tells nothing', (t) => {
  const broken = { ...engine(1, {}), manifest: undefined, problem: 'damaged' };
  t.equal(expectedBuildMs({ engines: [broken] }, madeUpKey(2), 'people'), undefined);
  t.end();
});
