import t from 'tap';
import { wrongLabels } from '../../../dist/inference/decoders/label-fault.js';

t.test('both numbers are told', async (t) => {
  t.match(wrongLabels(80, 2), {
    code: 'INFER_CFG_LABELS',
    message: /80 classes apart, but label_list has 2/,
  });
});
