/** Which engines a model could run by, and in which order. */
import t from 'tap';
import { parseInferCfg } from '../../dist/bundle/infer-cfg.js';
import { type EngineChoiceOptions, engineChoices, precisionsFor } from '../../dist/engines/engine-choice.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';
import { madeUpDevice } from '../helpers/made-up-engine.js';

const RESIZE = '{interp: 2, keep_ratio: false, target_size: [32, 48], type: Resize}';
const options: EngineChoiceOptions = {
  bundle: { digest: `sha256:${'1'.repeat(64)}`, inferCfg: parseInferCfg(inferCfgText([RESIZE], ['a']), 'x') },
  mode: 'live',
  format: 'RGB',
  providers: ['tensorrt', 'cuda', 'cpu'],
  precision: 'fp16',
  device: madeUpDevice,
  preparation: 1,
};

function listed(change: Partial<EngineChoiceOptions>): string[] {
  return engineChoices({ ...options, ...change }).map(({ wish }) => `${wish.provider} ${wish.precision}`);
}

t.test('providers keep their order, and what was asked for comes before what is above it', (t) => {
  t.strictSame(listed({}), ['tensorrt fp16', 'tensorrt fp32', 'cuda fp16', 'cuda fp32', 'cpu fp32']);
  t.strictSame(listed({ precision: 'fp32' }), ['tensorrt fp32', 'cuda fp32', 'cpu fp32']);
  t.strictSame(listed({ precision: 'int8', providers: ['cpu', 'tensorrt'] }), [
    'cpu fp32',
    'tensorrt int8',
    'tensorrt fp16',
    'tensorrt fp32',
  ]);
  t.end();
});

t.test('where pictures may have any size there is none of TensorRT', (t) => {
  t.strictSame(listed({ mode: 'exact' }), ['cuda fp16', 'cuda fp32', 'cpu fp32']);
  t.end();
});

t.test('each has a key of its own, and says what it is for', (t) => {
  const choices = engineChoices(options);
  t.equal(new Set(choices.map(({ wish }) => wish.key)).size, choices.length);
  for (const { wish, key } of choices) {
    t.equal(wish.key, key.digest);
    t.match(wish, { mode: 'live', format: 'RGB' });
  }
  t.end();
});

t.test('an accelerator makes another engine of TensorRT, and of nobody else', (t) => {
  const plain = engineChoices(options);
  const other = engineChoices({ ...options, dlaCore: 0 });
  const changed = plain.filter(({ wish }, index) => wish.key !== other[index]?.wish.key);
  t.strictSame([...new Set(changed.map(({ wish }) => wish.provider))], ['tensorrt']);
  t.end();
});

t.test('the CPU computes in the precision of the model, whatever is asked for', (t) => {
  for (const precision of ['fp32', 'fp16', 'int8'] as const)
    t.strictSame(precisionsFor('cpu', precision), ['fp32']);
  t.end();
});
