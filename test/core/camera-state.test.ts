/** What the states of a camera mean. */
import t from 'tap';
import { delivers, isFaulty, SHOWN_STATES } from '../../dist/core/camera-state.js';

t.test('pictures come in three states, and four want a look', async (t) => {
  t.strictSame(SHOWN_STATES.filter(delivers), ['online', 'frozen', 'black']);
  t.strictSame(SHOWN_STATES.filter(isFaulty), ['frozen', 'black', 'stalled', 'offline']);
  t.notOk(delivers(undefined));
});
