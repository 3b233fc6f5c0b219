/** Changes of model that are ended by a power cut, again and again, with the real store and updater. */
import t from 'tap';

// The same runs as of scripts/prove ota.
const { powerRuns } = await import(new URL('../../scripts/proof/ota-kills.mjs', import.meta.url).href);

t.test(
  'a power cut at any step of a change of model leaves the one before or the new one, whole',
  async (t) => {
    const { faults, seen } = await powerRuns({ folder: t.testdir(), runs: 200, seed: 7 });
    t.strictSame(faults, []);
    t.equal(seen.runs, 200);
    t.ok(seen.old > 0 && seen.new > 0, 'both are seen');
  },
);
