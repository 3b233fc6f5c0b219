import t from 'tap';
import { fieldLabel, keyLabel, topicLabel } from '../../../dist/publish/adapters/safe-label.js';

t.test('labels of people stay as they are in topics', async (t) => {
  for (const label of ['person', 'traffic light', 'Fußgänger', '行人', 'a|b', "lion's den"])
    t.equal(topicLabel(label), label);
});

t.test('no label leaves its level, listens to others, or breaks the connection', async (t) => {
  const hostile: [string, string][] = [
    ['a/b', 'a_b'],
    ['../../+/#', '.._..____'],
    ['\0\u0007x', '__x'],
    ['\ud800', '_'],
    ['\uffff\ufdd0', '__'],
    ['  ', '_'],
    ['', '_'],
    ['all', 'all_'],
  ];
  for (const [label, safe] of hostile) t.equal(topicLabel(label), safe, JSON.stringify(label));
  t.equal(topicLabel('x'.repeat(10_000)).length, 100);
  t.notMatch(topicLabel(`${'x'.repeat(99)}\u{1f600}`), /[\ud800-\udfff]/, 'not cut through a letter');
});

t.test('a label is one field of a line, and one key beside others', async (t) => {
  t.equal(fieldLabel('car|#|\nred'), 'car_#__red');
  t.equal(keyLabel('bbox', new Set(['bbox'])), 'bbox_');
  t.equal(keyLabel('car', new Set(['bbox'])), 'car');
});
