/** Building with the programs of four more releases of TensorRT, as they behave. */
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { parseInferCfg } from '../../dist/bundle/infer-cfg.js';
import { prepareGraph } from '../../dist/graph/prepare.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';
import { bytesOf, mirrorModel } from '../fixtures/models/tiny-model.js';
import { engineBuild, everyBuild } from '../helpers/engine-build.js';

for (const version of ['8.5.2.2', '8.6.2.3', '10.13.3.9', '11.1.0.106'])
  t.test(`TensorRT ${version}`, async (t) => everyBuild(t, version));

t.test('trtexec takes the graph that is prepared for a GPU, and not the one for a CPU', async (t) => {
  const cfg = parseInferCfg(
    inferCfgText(['{type: Resize, target_size: [4, 4], keep_ratio: false, interp: 2}', '{type: Permute}']),
    'infer_cfg.yml',
  );
  for (const version of ['8.5.2.2', '10.13.3.9'])
    for (const processor of ['gpu', 'cpu'] as const) {
      const { build, run } = engineBuild(t, version, { reads: true });
      const options = { mode: 'live', format: 'RGBA', processor, where: 'm' } as const;
      writeFileSync(build.request.model, prepareGraph(bytesOf(mirrorModel(4, 4)), cfg, options).model);
      if (processor === 'gpu') t.equal((await run()).version, version);
      else await t.rejects(run(), { code: 'ENGINE_UNSUPPORTED', message: /UINT8/ });
    }
});
