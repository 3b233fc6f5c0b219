/** Device nodes and trtexec. */
import t from 'tap';
import { gpuAccess } from '../../dist/device/gpu-access.js';
import { SystemFiles } from '../../dist/device/system-files.js';
import { boardFolder } from '../helpers/fixture-board.js';

t.test('a board has both, a container without the runtime neither', async (t) => {
  const access = (board: string) => gpuAccess(new SystemFiles(boardFolder(board)));
  t.strictSame(await access('jetpack-6.2.2-orin-nano'), {
    node: '/dev/nvgpu/igpu0',
    trtexec: '/usr/src/tensorrt/bin/trtexec',
  });
  t.strictSame(await access('x86-card'), { node: '/dev/nvidia0', trtexec: undefined });
  t.strictSame(await access('nothing'), { node: undefined, trtexec: undefined });
});
