/** The text of a slot's record: what is written is read again, and nothing else is. */
import t from 'tap';
import { emptySlot, parseSlot, type SlotRecord, slotText } from '../../dist/models/slot-record.js';
import { begun, refused } from '../../dist/models/update-phases.js';
import { AT, madeUpTarget, madeUpVersion, servingSlot, VERSIONS } from '../helpers/model-slots.js';

const full: SlotRecord = {
  ...refused(
    { ...begun(servingSlot('1'), madeUpTarget('2'), AT, madeUpVersion('2')) },
    { code: 'MODEL_CLASSES', message: 'It lacks "person".', hint: 'Set classes.' },
    AT,
  ),
  previous: madeUpVersion('0', { archive: undefined, path: '/srv/people', bytes: 0 }),
  previousKey: '0'.repeat(32),
  pin: { configured: '1'.repeat(32), target: madeUpTarget('3', { version: '1.3.0' }), downgrade: true },
  request: { id: 'r1', error: { code: 'UPDATE_BUSY', message: 'Busy.' }, over: true },
};

t.test('a record is read as it was written', (t) => {
  for (const record of [emptySlot('people'), servingSlot('1'), full])
    t.strictSame(parseSlot(slotText(record, VERSIONS), VERSIONS), record);
  t.end();
});

t.test('the folder of versions may have moved; a bundle in its place has not', (t) => {
  const moved = parseSlot(slotText(full, VERSIONS), '/mnt/other');
  t.equal(moved.active?.path, full.active?.path.replace(VERSIONS, '/mnt/other'));
  t.equal(moved.update?.version?.path, full.update?.version?.path.replace(VERSIONS, '/mnt/other'));
  t.equal(moved.previous?.path, '/srv/people');
  t.end();
});

t.test('any part that is cut off, zeroed or changed is noticed', (t) => {
  const text = slotText(full, VERSIONS);
  for (let cut = 0; cut < text.length - 2; cut += 7) {
    t.throws(() => parseSlot(text.slice(0, cut), VERSIONS), `cut at ${cut}`);
    const zeroed = text.slice(0, cut) + '\0'.repeat(text.length - cut);
    t.throws(() => parseSlot(zeroed, VERSIONS), `zeroed from ${cut}`);
  }
  t.throws(() => parseSlot(text.replace('1.1.0', '1.2.0'), VERSIONS), /digest/);
  t.end();
});

t.test('hostile content is refused, even with a fitting digest', (t) => {
  const outside = { ...servingSlot('1'), active: madeUpVersion('1', { path: '/etc/secrets' }) };
  t.throws(() => parseSlot(slotText(outside, VERSIONS), VERSIONS), /not below/);
  const odd: unknown[] = [
    { ...servingSlot('1'), model: '' },
    { ...servingSlot('1'), history: new Array(51).fill({ at: AT, outcome: 'confirmed' }) },
    { ...servingSlot('1'), refused: 'all' },
    { ...servingSlot('1'), active: madeUpVersion('1', { digest: 'sha256:../..' }) },
    { ...begun(servingSlot('1'), madeUpTarget('2'), AT), update: { phase: 'flying' } },
  ];
  for (const record of odd) t.throws(() => parseSlot(slotText(record as SlotRecord, VERSIONS), VERSIONS));
  for (const text of [
    '',
    'null',
    '[]',
    '{}',
    '{"schema":2}',
    '"x"',
    '{"schema":1,"digest":"","record":{"__proto__":{}}}',
  ])
    t.throws(() => parseSlot(text, VERSIONS), text);
  t.end();
});

t.test('a code of a later detectd becomes one that this one knows', (t) => {
  const later = refused(
    begun(servingSlot('1'), madeUpTarget('2'), AT),
    { code: 'MODEL_HAUNTED' as 'INTERNAL', message: 'Boo.' },
    AT,
  );
  t.match(parseSlot(slotText(later, VERSIONS), VERSIONS).refused, [
    { error: { code: 'INTERNAL', message: 'Boo.' } },
  ]);
  t.end();
});
