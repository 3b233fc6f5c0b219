/** Changes of model that are ended by kill -9, again and again, with the real store and updater. */
import t from 'tap';

// The same runs as of scripts/prove ota.
const { killRuns } = await import(new URL('../../scripts/proof/ota-kills.mjs', import.meta.url).href);

t.test(
  'kill -9 at any moment and step of a change of model leaves the one before or the new one, whole',
  async (t) => {
    const { faults, seen } = await killRuns({ folder: t.testdir(), runs: 100, seed: 7 });
    t.strictSame(faults, []);
    t.equal(seen.runs, 100);
    t.ok(seen.old > 0 && seen.new > 0, 'both are seen');
  },
);
