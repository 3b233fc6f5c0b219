import t from 'tap';
import { firstAttempt, nextAttempt, workspaceMiB } from '../../dist/engines/build-attempt.js';

t.test('the workspace is half of what the runtime leaves, within bounds', async (t) => {
  t.equal(workspaceMiB({ availableMiB: 5000, gpuFreeMiB: undefined }), 2075);
  t.equal(workspaceMiB({ availableMiB: 64_000, gpuFreeMiB: 4850 }), 2000, "a card's own memory counts");
  t.equal(workspaceMiB({ availableMiB: 60_000, gpuFreeMiB: undefined }), 8192);
  t.equal(workspaceMiB({ availableMiB: 300, gpuFreeMiB: undefined }), 64);
  t.equal(workspaceMiB({ availableMiB: Number.NaN, gpuFreeMiB: undefined }), 64);
});

t.test('a builder that ran out of memory gets one more attempt with less', async (t) => {
  const first = firstAttempt({ workspaceMiB: 2000, optimizationLevel: undefined });
  const second = nextAttempt(first, 'less memory');
  t.match(second, { workspaceMiB: 500, optimizationLevel: 2, useTimingCache: true });
  t.equal(second && nextAttempt(second, 'less memory'), undefined, 'and no third');
  t.match(nextAttempt(firstAttempt({ workspaceMiB: 100, optimizationLevel: 0 }), 'less memory'), {
    workspaceMiB: 64,
    optimizationLevel: 0,
  });
});

t.test('a bad timing cache is left out once', async (t) => {
  const first = firstAttempt({ workspaceMiB: 2000, optimizationLevel: 4 });
  const second = nextAttempt(first, 'new timing cache');
  t.match(second, { workspaceMiB: 2000, optimizationLevel: 4, useTimingCache: false });
  t.equal(second && nextAttempt(second, 'new timing cache'), undefined);
  const third = second && nextAttempt(second, 'less memory');
  t.match(third, { workspaceMiB: 500, useTimingCache: false }, 'each remedy has its turn');
  t.equal(third && nextAttempt(third, 'less memory'), undefined);
  t.equal(third && nextAttempt(third, 'new timing cache'), undefined);
});

t.test('what no remedy helps is not tried again', async (t) => {
  t.equal(nextAttempt(firstAttempt({ workspaceMiB: 1, optimizationLevel: 1 }), undefined), undefined);
});
