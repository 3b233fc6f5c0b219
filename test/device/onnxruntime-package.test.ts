/** The installed onnxruntime-node, by its files. */
import { dirname } from 'node:path';
import t from 'tap';
import {
  findOnnxruntime,
  parsePackageVersion,
  shippedProviders,
} from '../../dist/device/onnxruntime-package.js';
import { SystemFiles } from '../../dist/device/system-files.js';

t.test('a build for a board brings more providers than the published package', async (t) => {
  const files = new SystemFiles(
    t.testdir({
      opt: {
        detectd: {
          dist: { device: {} },
          node_modules: {
            'onnxruntime-node': {
              'package.json': '{"name":"onnxruntime-node","version":"1.24.0"}',
              bin: {
                'napi-v6': {
                  linux: {
                    arm64: {
                      'libonnxruntime.so.1': '',
                      'libonnxruntime_providers_shared.so': '',
                      'libonnxruntime_providers_cuda.so': '',
                      'libonnxruntime_providers_tensorrt.so': '',
                    },
                    x64: { 'libonnxruntime.so.1': '' },
                  },
                },
              },
            },
          },
        },
      },
    }),
  );
  const found = await findOnnxruntime(files, '/opt/detectd/dist/device');
  t.strictSame(found, { version: '1.24.0', folder: '/opt/detectd/node_modules/onnxruntime-node' });
  const folder = found?.folder ?? '';
  t.strictSame(await shippedProviders(files, folder, 'arm64'), ['tensorrt', 'cuda', 'cpu']);
  t.strictSame(await shippedProviders(files, folder, 'x64'), ['cpu']);
  t.strictSame(await shippedProviders(files, '/none', 'x64'), ['cpu']);
  t.equal(await findOnnxruntime(files, '/'), undefined);
});

t.test('the one of this checkout is found from anywhere in the program', async (t) => {
  t.match(await findOnnxruntime(new SystemFiles(), dirname(import.meta.dirname)), {
    version: /^1\.\d+\.\d+/,
  });
});

t.test('a package without a version is none', async (t) => {
  for (const text of ['', '{', '{}', '{"version":1}', '{"version":"new"}', 'null'])
    t.equal(parsePackageVersion(text), undefined, text);
  t.equal(parsePackageVersion('{"version":"1.25.1-jetson.1"}'), '1.25.1-jetson.1');
});
