/** A self test's result for people. */
import t from 'tap';
import { selftestText } from '../../dist/commands/selftest-report.js';

const REPORT = {
  ok: true,
  precision: 0.98,
  recall: 1,
  fps: 29.9,
  latency_ms: { p50: 20.5, p99: 61 },
  frames: 450,
  objects: { right: 1300, wrong: 20, missed: 0 },
  lost: 0,
  unreadable: 0,
  seconds: 15,
  seed: 1,
  provider: 'cpu',
  arithmetic: 'fp32',
  model: { bundle: '/srv/shapes', version: '1.0.0', digest: 'sha256:00' },
  broker: 'embedded',
  limits: { precision: 0.95, recall: 0.95, frames: 20, latency_ms: 1000 },
  problems: [],
};

t.test('every figure is shown beside its limit', async (t) => {
  t.equal(
    selftestText(REPORT, false),
    `precision           0.98        at least 0.95 (20 wrong)
recall              1           at least 0.95 (0 missed)
pictures            450         at least 20
rate                29.9 /s
latency, median     20.5 ms
latency, 99 of 100  61 ms       at most 1000 ms
provider            cpu
arithmetic          fp32
model               1.0.0
broker              embedded
The self test is passed.
`,
  );
});

t.test('problems follow with their cures, and nothing is passed', async (t) => {
  const problems = [{ check: 'recall', state: 'failed' as const, detail: 'Too low.', cure: 'Look.' }];
  const text = selftestText({ ...REPORT, ok: false, problems }, false);
  t.match(text, /FAILED {3}recall: Too low\.\n {9}→ Look\.\n$/);
  t.notMatch(text, 'passed');
});

t.test('what was not measured is a dash, and nothing steers the terminal', async (t) => {
  const text = selftestText(
    { ...REPORT, precision: null, latency_ms: { p50: null, p99: null }, model: null, provider: '\x1b[2J' },
    false,
  );
  t.match(text, 'precision           -');
  t.match(text, 'model               -');
  t.match(text, '\\x1b[2J');
});
