/** Manifests of archives on a broker: what is understood and what is not. */
import t from 'tap';
import {
  chunkSize,
  chunkTopic,
  manifestTopic,
  parseChunkManifest,
} from '../../../dist/models/fetch/chunk-manifest.js';

const GOOD = { schema: 1, size: 2500, sha256: 'a'.repeat(64), chunk_bytes: 1024, chunks: 3 };

t.test('a manifest says how large each chunk is', (t) => {
  const manifest = parseChunkManifest(Buffer.from(JSON.stringify({ ...GOOD, minisig: 'x', later: 1 })), 'm');
  t.strictSame(
    [0, 1, 2].map((index) => chunkSize(manifest, index)),
    [1024, 1024, 452],
  );
  t.equal(manifest.minisig, 'x');
  t.equal(manifestTopic('site/models'), 'site/models/manifest');
  t.equal(chunkTopic('site/models', 2), 'site/models/chunk/2');
  t.end();
});

t.test('whatever else lies there is refused, with the reason', (t) => {
  const cases: [unknown, RegExp][] = [
    [{ ...GOOD, schema: 2 }, /schema/],
    [{ ...GOOD, size: -1 }, /size/],
    [{ ...GOOD, size: 2.5 }, /size/],
    [{ ...GOOD, chunks: 4 }, /numbers do not fit/],
    [{ ...GOOD, chunk_bytes: 10 }, /chunk_bytes/],
    [{ ...GOOD, chunk_bytes: 2 ** 30 }, /chunk_bytes/],
    [{ ...GOOD, sha256: 'A'.repeat(64) }, /sha256/],
    [{ ...GOOD, minisig: 'x'.repeat(5000) }, /minisig/],
    [{ ...GOOD, chunk_sha256: ['a'.repeat(64)] }, /one digest for each/],
    [null, /expected object/],
    ['text', /expected object/],
  ];
  for (const [value, message] of cases)
    t.throws(() => parseChunkManifest(Buffer.from(JSON.stringify(value)), 'm'), {
      code: 'UPDATE_FETCH',
      message,
    });
  t.throws(() => parseChunkManifest(Buffer.from([0xff, 0xfe]), 'm'), { message: /no JSON/ });
  t.throws(() => parseChunkManifest(Buffer.alloc(300_000, 32), 'm'), { message: /more than/ });
  t.end();
});
