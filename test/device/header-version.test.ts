/** Versions in C headers, in both styles and in none. */
import t from 'tap';
import { parseHeaderVersion } from '../../dist/device/header-version.js';

t.test('numbers are taken as they stand', async (t) => {
  const cudnn = '#define CUDNN_MAJOR 9\n#define CUDNN_MINOR 3\n#define CUDNN_PATCHLEVEL 0\n';
  t.equal(parseHeaderVersion(cudnn, 'CUDNN'), '9.3.0');
  const tensorrt = `#define NV_TENSORRT_MAJOR 10 //!< TensorRT major version.
#define NV_TENSORRT_MINOR 3
#define NV_TENSORRT_PATCH 0
#define NV_TENSORRT_BUILD 30
#define NV_TENSORRT_RELEASE_TYPE NV_TENSORRT_RELEASE_TYPE_GENERAL_AVAILABILITY`;
  t.equal(parseHeaderVersion(tensorrt, 'NV_TENSORRT'), '10.3.0.30');
});

t.test('names stand for numbers since TensorRT 10.12', async (t) => {
  const text = `#define TRT_MAJOR_ENTERPRISE 10
#define TRT_MINOR_ENTERPRISE 13
  #  define TRT_PATCH_ENTERPRISE 3
#define NV_TENSORRT_MAJOR TRT_MAJOR_ENTERPRISE
#define NV_TENSORRT_MINOR TRT_MINOR_ENTERPRISE
#define NV_TENSORRT_PATCH TRT_PATCH_ENTERPRISE`;
  t.equal(parseHeaderVersion(text, 'NV_TENSORRT'), '10.13.3');
});

t.test('half a version, circles and other texts are none', async (t) => {
  for (const text of [
    '',
    '#define X_MAJOR 1\n#define X_MINOR 2',
    '#define X_MAJOR X_MINOR\n#define X_MINOR X_MAJOR\n#define X_PATCH 1',
    '#define X_MAJOR "1"\n#define X_MINOR 2\n#define X_PATCH 3',
    '#define X_MAJOR 99999999\n#define X_MINOR 2\n#define X_PATCH 3',
    '// #define X_MAJOR 1\n',
  ])
    t.equal(parseHeaderVersion(text, 'X'), undefined, JSON.stringify(text));
});
