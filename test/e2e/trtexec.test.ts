/** Building with the programs of four more releases of TensorRT, as they behave. */
import t from 'tap';
import { everyBuild } from '../helpers/engine-build.js';

for (const version of ['8.5.2.2', '8.6.2.3', '10.13.3.9', '11.1.0.106'])
  t.test(`TensorRT ${version}`, async (t) => everyBuild(t, version));
