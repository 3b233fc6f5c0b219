/** A bundle's report for people. */
import { join } from 'node:path';
import t from 'tap';
import { type BundleReport, reportBundle } from '../../dist/commands/bundle-report.js';
import { bundleReportText } from '../../dist/commands/bundle-report-text.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';

t.test('every part of a bundle has its line', async (t) => {
  const root = t.testdir({});
  const report = await reportBundle(tinyBundle(join(root, 'b')), root);
  const text = bundleReportText(report);
  for (const line of [
    /^bundle {8}\(no name\) [0-9a-f]{12}$/m,
    /^digest {8}sha256:/m,
    /^licence {7}not stated$/m,
    /^family {8}boxes with post-processing$/m,
    /^classes {7}1: thing$/m,
    /^format {8}opset ai\.onnx 11; IR 7$/m,
    /^inputs {8}image float32 \[1, 3, 32, 32\]$/m,
    /^pre-process {3}Resize\(height 32, width 32, keep_ratio false, interp 2\) → NormalizeImage/m,
    /^network {7}32×32$/m,
    /^prepared {6}6 nodes become \d+$/m,
    /^samples {7}none$/m,
    /^ {14}model\.onnx \d+ B$/m,
    /^manifest {6}none: /m,
  ])
    t.match(text, line);
});

t.test('long lists are counted, and nothing steers the terminal', async (t) => {
  const root = t.testdir({});
  const report: BundleReport = {
    ...(await reportBundle(tinyBundle(join(root, 'b')), root)),
    labels: ['\x1b[2J', ...Array.from({ length: 99 }, (_, index) => `label ${index}`)],
    archive_bytes: 1_500_000,
    name: 'x'.repeat(300),
    family: null,
    model: null,
    prepared: null,
    manifest: {},
    odd_files: ['link'],
    samples: { pictures: 2, detections: 9, threshold: 0.4, tool: 'Paddle' },
  };
  if (report.infer_cfg !== null) report.infer_cfg.unknown_keys = ['novel'];
  const text = bundleReportText(report);
  t.match(text, /^classes {7}100: \\x1b\[2J, label 0, .* \(88 more\)$/m);
  t.match(text, ', archive of 1.50 MB\n');
  t.match(text, /^family {8}none that can be read$/m);
  t.match(text, /^samples {7}2 pictures with 9 detections above 0\.4, found by Paddle$/m);
  t.match(text, /model\.onnx .*, not in the manifest$/m);
  t.match(text, /^odd files {5}link$/m);
  t.match(text, /^not known {5}novel in infer_cfg\.yml$/m);
});

t.test('an infer_cfg.yml that cannot be read is not shown as one that says nothing', async (t) => {
  const root = t.testdir({});
  const whole = await reportBundle(tinyBundle(join(root, 'b')), root);
  const text = bundleReportText({ ...whole, infer_cfg: null, labels: [], preprocess: [], prepared: null });
  t.match(text, /^architecture {2}unknown: infer_cfg\.yml cannot be read$/m);
  t.match(text, /^pre-process {3}unknown$/m);
  t.notMatch(text, /^classes/m);
});
