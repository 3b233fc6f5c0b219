/** The files of an engine; the whole way is in build-engine.test.ts. */
import t from 'tap';
import { wantsTypedGraph } from '../../dist/builder/engine-maker.js';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';

t.test('from TensorRT 11 on the graph alone says what is computed in float16', (t) => {
  const wants = (tensorrt: string | undefined) => wantsTypedGraph({ ...UNKNOWN_DEVICE, tensorrt });
  for (const version of ['8.5.2', '8.6.2.3', '10.3.0.30', '10.13.3.9', undefined, 'nonsense'])
    t.equal(wants(version), false, `${version}`);
  for (const version of ['11.0.0', '11.1.0.106', '11.4.1', '12.0']) t.equal(wants(version), true, version);
  t.end();
});
