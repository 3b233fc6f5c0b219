/** The table of `bench`. */
import t from 'tap';
import type { BenchRow } from '../../dist/commands/bench-row.js';
import { benchTable } from '../../dist/commands/bench-table.js';

const full: BenchRow = {
  ...{ provider: 'cpu', threads: 0, batch: 1, precision: 'fp32', rounds: 3, frames: 795 },
  ...{ limit_fps: 41.5, daemon_fps: 40.1, ratio_daemon_to_limit: 0.966, exported_fps: 16.1 },
  ...{ prepared_fps: 41.9, ratio_prepared_to_exported: 2.6, overhead_cpu_ms_per_frame: 1.512 },
  rss_mb: { supervisor: 83.6, worker: 251.2 },
  engine: { key: 'a'.repeat(64), bytes: 2_933_205, build_ms: 1872, load_ms: 85 },
  ...{ prepare_ms: 468, notes: [], error: null },
};
const none: BenchRow = {
  ...{ ...full, provider: 'cuda', batch: 4, limit_fps: null, daemon_fps: null, exported_fps: null },
  ...{ prepared_fps: null, ratio_daemon_to_limit: null, ratio_prepared_to_exported: null, rss_mb: null },
  ...{ overhead_cpu_ms_per_frame: null, engine: null, prepare_ms: null, notes: ['a \x1b[31mnote'] },
  error: { code: 'PROVIDER_UNAVAILABLE', message: 'There is no card.' },
};

t.test('a row is a line of figures with their units', async (t) => {
  const lines = benchTable([full]).split('\n');
  t.match(
    lines[0],
    /^provider +precision +threads +batch +limit +daemon +ratio +exported +gain +own CPU +memory/,
  );
  t.match(
    lines[1],
    /^cpu +fp32 +all +1 +41\.5 +40\.1 +0\.966 +16\.1 +2\.6 +1\.512 ms +84 \+ 251 MB +1\.87 s +0\.09 s +0\.47 s$/,
  );
});

t.test('what could not be measured is a dash, and the reason stands below', async (t) => {
  const text = benchTable([full, none]);
  t.match(text, /^cuda +fp32 +all +4( +-){10}$/m);
  t.match(text, /^cuda, all cores, batch 4: PROVIDER_UNAVAILABLE: There is no card\.$/m);
  t.match(text, /^cuda, all cores, batch 4: a \\x1b\[31mnote$/m);
});
