/** What the CUDA toolkit states of itself. */
import t from 'tap';
import { parseCudaJson, parseCudaText } from '../../dist/device/cuda-version.js';

t.test('version.json names the runtime first', async (t) => {
  const parts = {
    cuda: { name: 'CUDA SDK', version: '12.6.3' },
    cuda_nvcc: { name: 'CUDA NVCC', version: '12.6.85' },
    cuda_cudart: { name: 'CUDA Runtime (cudart)', version: '12.6.77' },
  };
  t.equal(parseCudaJson(JSON.stringify(parts)), '12.6.77');
  t.equal(parseCudaJson(JSON.stringify({ ...parts, cuda_cudart: undefined })), '12.6.85');
  t.equal(parseCudaJson(JSON.stringify({ cuda: parts.cuda })), '12.6.3');
});

t.test('anything else is no version', async (t) => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"cuda":"12"}',
    '{"cuda":{"version":12}}',
    '{"cuda":{"version":"new"}}',
  ])
    t.equal(parseCudaJson(text), undefined, text);
});

t.test('version.txt is that of CUDA 10', async (t) => {
  t.equal(parseCudaText('CUDA Version 10.2.300\n'), '10.2.300');
  t.equal(parseCudaText('CUDA Version ten'), undefined);
});
