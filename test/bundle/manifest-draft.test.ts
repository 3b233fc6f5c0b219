/** The manifest that a bundle gets when it is packed. */
import t from 'tap';
import { type DraftOptions, draftManifest } from '../../dist/bundle/manifest-draft.js';

const ONE = `sha256:${'1'.repeat(64)}`;
const TWO = `sha256:${'2'.repeat(64)}`;

function draft(existing: unknown, change: Partial<DraftOptions> = {}) {
  return draftManifest({
    existing: existing === undefined ? undefined : JSON.stringify(existing),
    where: 'b/manifest.json',
    digests: { 'infer_cfg.yml': ONE, 'model.onnx': TWO },
    name: undefined,
    version: undefined,
    licence: undefined,
    defaultName: 'people',
    refresh: false,
    ...change,
  });
}

t.test('a bundle without one gets one', async (t) => {
  const made = draft(undefined, { licence: 'MIT' });
  t.match(made, { name: 'people', version: '1', changes: ['manifest.json was made'] });
  t.strictSame(JSON.parse(made.text), {
    name: 'people',
    version: '1',
    licence: 'MIT',
    digests: { 'infer_cfg.yml': ONE, 'model.onnx': TWO },
  });
  t.match(made.text, /\n$/);
});

const whole = { version: '3', name: 'cars', digests: { 'model.onnx': TWO, 'infer_cfg.yml': ONE } };

t.test('one that is whole stays as it is, to the byte', async (t) => {
  t.strictSame(draft(whole), { text: JSON.stringify(whole), name: 'cars', version: '3', changes: [] });
});

t.test('what is asked for replaces what it says, the rest stays in its place', async (t) => {
  const made = draft({ ...whole, source: { commit: 'x' } }, { version: '4', licence: 'MIT' });
  t.strictSame(made.changes, ['version became "4"', 'licence became "MIT"']);
  t.strictSame(Object.entries(JSON.parse(made.text)), [
    ['version', '4'],
    ['name', 'cars'],
    ['digests', { 'infer_cfg.yml': ONE, 'model.onnx': TWO }],
    ['source', { commit: 'x' }],
    ['licence', 'MIT'],
  ]);
});

t.test('files that it does not list are entered', async (t) => {
  const made = draft({ name: 'cars', version: '3', digests: { 'model.onnx': TWO } });
  t.strictSame(made.changes, ['digests of infer_cfg.yml were entered']);
});

t.test('files that are others than it says are refused, unless they are meant', async (t) => {
  const changed = { ...whole, digests: { 'model.onnx': ONE, 'infer_cfg.yml': ONE } };
  const refused = { code: 'BUNDLE_MANIFEST', hint: /--refresh/ };
  t.throws(() => draft(changed), { ...refused, message: /^model\.onnx has the digest sha256:2+, but / });
  const gone = { ...whole, digests: { ...whole.digests, 'samples/a.jpg': ONE } };
  t.throws(() => draft(gone), {
    ...refused,
    message: 'b/manifest.json lists samples/a.jpg, which is not there.',
  });
  t.strictSame(draft(changed, { refresh: true }).changes, ['digests of model.onnx were entered']);
  t.strictSame(draft(gone, { refresh: true }).changes, ['digests of samples/a.jpg were dropped']);
  t.notMatch(draft(gone, { refresh: true }).text, 'samples');
});

t.test('what cannot be a manifest is refused, before and after', async (t) => {
  t.throws(() => draft([]), { code: 'BUNDLE_MANIFEST' });
  t.throws(() => draft(undefined, { name: '' }), { code: 'BUNDLE_MANIFEST', message: /"name"/ });
});
