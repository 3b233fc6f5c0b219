/** /proc/meminfo of boards, and of kernels that say less. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bytesOf, parseMeminfo } from '../../dist/device/meminfo.js';
import { boardFolder } from '../helpers/fixture-board.js';

t.test('what an Orin says, NvMap included', async (t) => {
  const text = readFileSync(join(boardFolder('jetpack-6.2.2-orin-nano'), 'proc/meminfo'), 'utf8');
  t.strictSame(parseMeminfo(text), {
    totalBytes: 7802940 * 1024,
    availableBytes: 3906328 * 1024,
    swapTotalBytes: 3901456 * 1024,
    swapFreeBytes: 3801456 * 1024,
    nvmapUsedBytes: 740388 * 1024,
  });
});

t.test('what is not there is unknown, and no other line is taken for it', async (t) => {
  const text =
    'MemTotal:  100 kB\nNvMapMemUsedX: 5 kB\nSwapFree: lots\nSwapTotal: 12 MB\nMemAvailable: -4 kB\n';
  t.strictSame(parseMeminfo(text), {
    totalBytes: 102_400,
    availableBytes: undefined,
    swapTotalBytes: undefined,
    swapFreeBytes: undefined,
    nvmapUsedBytes: undefined,
  });
  t.equal(bytesOf('VmRSS:\t  12 kB\n', 'VmRSS'), 12_288);
  t.equal(bytesOf('VmRSS: 9999999999999999 kB\n', 'VmRSS'), undefined, 'no number of bytes');
});
