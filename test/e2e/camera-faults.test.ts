/**
 * The short form of the fault matrix of `scripts/prove cameras`: the real daemon and broker, real camera servers in
 * networks of their own. What is timed there within limits is held here to what only a hang would exceed.
 */
import t from 'tap';
import { runMatrix } from '../../scripts/proof/camera-matrix.mjs';
import { noCameraStage } from '../../scripts/proof/camera-stage.mjs';
import { faultTable } from '../../scripts/proof/cameras-faults.mjs';
import { noGstreamer } from '../helpers/test-video.js';

const TOLD_AS: Record<string, RegExp> = {
  'half-open TCP': /^(stalled|offline)$/,
  'wrong password': /^(stalled|offline)$/,
  'codec change': /^(stalled|offline|online)$/,
  'frozen picture': /^frozen$/,
  'server restart': /^(stalled|offline)$/,
  'clock jump': /^online$/,
  'device missing': /^offline$/,
};

t.test(
  'cameras that fail are told of, come back, and leave the others alone',
  { skip: noCameraStage() || noGstreamer },
  async (t) => {
    const outcomes = await runMatrix({ short: true });
    t.strictSame(outcomes.map(({ name }) => name).toSorted(), Object.keys(TOLD_AS).toSorted());
    for (const { name, impossible, state, backMs, why } of outcomes) {
      if (impossible !== undefined) {
        t.comment(`${name}: not possible here: ${impossible}`);
        continue;
      }
      t.match(state, TOLD_AS[name], `${name} is told as what it is`);
      for (const never of ['never told', 'seq breaks']) t.notOk(why.includes(never), `${name}: ${never}`);
      if (name !== 'device missing') t.type(backMs, 'number', `${name} is over when it is cured`);
    }
  },
);

t.test('rows become a table that says what falls short', (t) => {
  const table = faultTable(
    [
      {
        name: 'a',
        how: 'b',
        state: 'offline',
        code: 'CAMERA_OPEN',
        toldMs: 40,
        backMs: 2345,
        loss: 0,
        holds: true,
      },
      { name: 'c', how: 'd', loss: 0.061, why: ['never told', 'not back'], holds: false },
      { name: 'e', how: 'f', impossible: 'no compiler' },
    ],
    1.25,
  );
  t.match(table, '| a | b | offline, `CAMERA_OPEN` | 0.0 s | 2.3 s | 0.0 % | holds |');
  t.match(table, '| c | d | nothing | never | never | 6.1 % | **falls short**: never told, not back |');
  t.match(table, '| e | f | not possible here: no compiler | | | | |');
  t.match(table, /Load of the machine at the end: 1\.[23]\.$/);
  t.end();
});
