/** What is said of the models of a device. */
import t from 'tap';
import { historyText, listData, listText } from '../../dist/commands/models-list.js';
import { targetKey } from '../../dist/models/model-target.js';
import { begun, refused } from '../../dist/models/update-phases.js';
import { AT, madeUpTarget, servingSlot } from '../helpers/model-slots.js';

const target = madeUpTarget('2', { source: { kind: 'http', url: 'https://u:secret@host/2' } });
const wish = { target, classes: 'same', downgrade: false, urgent: false } as const;
const shown = () => 'https://u:***@host/2';
const error = { code: 'MODEL_SLOW', message: 'It is slow.' } as const;
const slot = refused(begun(servingSlot('1'), target, AT), error, AT);
const known = { wishes: new Map([['people', wish]]), shown };

t.test('what serves, what is wanted and what went wrong, without secrets', (t) => {
  const text = listText(known, [slot]);
  t.match(text, /people +1\.1\.0/);
  t.match(text, /MODEL_SLOW: It is slow\./);
  t.match(listData(known, [slot]), {
    models: [
      {
        model: 'people',
        active: { version: '1.1.0' },
        update: { phase: 'failed' },
        refused: [{ code: 'MODEL_SLOW' }],
      },
    ],
  });
  t.notMatch(text + JSON.stringify(listData(known, [slot])), /secret/);
  t.end();
});

t.test('what a command chose is told for as long as it counts', (t) => {
  const serving = servingSlot('1');
  const held = (configured: string) => ({
    ...serving,
    pin: { configured, target: undefined, downgrade: false },
  });
  t.match(listText(known, [held(targetKey(target))]), /people: a command chose what serves/);
  t.match(listData(known, [held(targetKey(target))]), { models: [{ pinned: true }] });
  t.notMatch(listText(known, [held('of another wish')]), /a command/);
  t.match(listData(known, [held('of another wish')]), { models: [{ pinned: false }] });
  t.end();
});

t.test('how changes ended', (t) => {
  t.match(historyText(slot), /failed +MODEL_SLOW: It is slow/);
  t.equal(historyText({ history: [] }), 'Nothing has changed yet.\n');
  t.end();
});
