/** A device that is killed again and again loses nothing that it had stored. The long form is `scripts/prove publishing`. */
import t from 'tap';
import { killRuns } from '../../scripts/proof/publishing-kills.mjs';
import { noMosquitto } from '../helpers/mosquitto.js';

const RUNS = 200;

t.test(
  'what was stored when a device was killed arrives, once or with the same content',
  { skip: noMosquitto },
  async (t) => {
    const { report, seen, faults } = await killRuns({ folder: t.testdir(), runs: RUNS, seed: 7 });
    t.strictSame(faults, []);
    t.equal(seen.runs, RUNS);
    t.ok(seen.stored > 0, `${seen.stored} were stored`);
    t.match(report, {
      proven: true,
      totals: { unaccounted: 0, conflicts: 0, lost: 0 },
      counts: { invalid: 0 },
    });
    t.ok((report.totals['late'] ?? 0) > 0, 'some were left to the next start');
  },
);
