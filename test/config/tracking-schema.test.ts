import t from 'tap';
import { tracking } from '../../dist/config/tracking-schema.js';

t.test('without a word about it objects are followed', async (t) => {
  t.match(tracking.parse({}), { enabled: true, low_conf_thres: 0.1, match_thres: 0.9, track_buffer: 90 });
});

t.test('scores are parts of one, and misspelt keys are refused', async (t) => {
  for (const wrong of [{ conf_thres: 2 }, { min_hits: 0 }, { track_buffer: 0 }, { conf_thresh: 0.5 }])
    t.notOk(tracking.safeParse(wrong).success, JSON.stringify(wrong));
});
