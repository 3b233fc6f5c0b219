/** The table of phases, and what each step makes of a slot's record. */
import t from 'tap';
import type { UpdatePhase } from '../../dist/core/model-update.js';
import { targetKey } from '../../dist/models/model-target.js';
import { emptySlot, MOST_HISTORY, MOST_REFUSED, type SlotRecord } from '../../dist/models/slot-record.js';
import {
  adopted,
  advanced,
  begun,
  calledBack,
  digestsToKeep,
  dropped,
  failedTry,
  failureKind,
  forgiven,
  forgivenByKeys,
  nextStep,
  PHASES,
  pending,
  refused,
  refusedBefore,
  rolledBackByCommand,
  tried,
  untried,
} from '../../dist/models/update-phases.js';
import { AT, madeUpTarget, madeUpVersion, servingSlot } from '../helpers/model-slots.js';

const [one, two, three] = [madeUpTarget('1'), madeUpTarget('2'), madeUpTarget('3')];
const error = { code: 'MODEL_SLOW', message: 'It takes too long.' } as const;
const wanted = (target = two, downgrade = false) => ({ target, downgrade });

/** Version 2 in this phase, over version 1. */
function at(phase: UpdatePhase, record = servingSlot('1')): SlotRecord {
  let now = begun(record, two, AT);
  while (now.update?.phase !== phase) now = advanced(now, AT, madeUpVersion('2'));
  return now;
}

t.test('the phases follow each other to an end, whatever happens', (t) => {
  const names = Object.keys(PHASES) as UpdatePhase[];
  for (const name of names) {
    const { work, onSuccess, onFailure, onRestart, mostTries } = PHASES[name];
    t.equal(work === undefined, onSuccess === undefined, `${name} ends or leads on`);
    t.equal(work === undefined, onFailure === undefined);
    t.ok(names.includes(onRestart));
    t.ok(names.indexOf(onRestart) <= names.indexOf(name), `${name} never skips work at a restart`);
    if (work !== undefined) t.ok(mostTries > 0);
  }
  const walked: UpdatePhase[] = [];
  for (let phase: UpdatePhase | undefined = 'downloading'; phase; phase = PHASES[phase].onSuccess)
    walked.push(phase);
  t.strictSame(walked, names.slice(0, 7));
  const ends = ['failed', 'failed', 'failed', 'failed', 'failed', 'rolled_back'];
  t.strictSame(
    walked.slice(0, 6).map((phase) => PHASES[phase].onFailure),
    ends,
  );
  t.end();
});

t.test('before `active` the version before serves, from there on the new one', (t) => {
  for (const phase of ['downloading', 'verified', 'staged', 'building', 'trial'] as const) {
    t.equal(at(phase).active?.version, '1.1.0', phase);
    t.equal(refused(at(phase), error, AT).active?.version, '1.1.0', `failed in ${phase}`);
  }
  const active = at('active');
  t.match(active, { active: { version: '1.2.0' }, previous: { version: '1.1.0' } });
  t.match(active, { activeKey: targetKey(two), previousKey: targetKey(one) });
  const confirmed = advanced(active, AT);
  t.match(confirmed, { active: { version: '1.2.0' }, previous: { version: '1.1.0' } });
  t.match(confirmed.history.at(-1), { from: '1.1.0', to: '1.2.0', outcome: 'confirmed', seconds: 0 });
  t.equal(pending(confirmed), undefined);
  t.throws(() => advanced(confirmed, AT), /no update is under way/);
  t.end();
});

t.test('what fails on probation is rolled back, remembered, and not begun again', (t) => {
  const back = refused(at('active'), error, AT);
  t.match(back, {
    active: { version: '1.1.0' },
    activeKey: targetKey(one),
    update: { phase: 'rolled_back' },
  });
  t.equal(back.previous, undefined);
  t.match(back.refused, [{ key: targetKey(two), digest: madeUpVersion('2').digest, attempt: 1, error }]);
  t.match(back.history.at(-1), { from: '1.1.0', to: '1.2.0', outcome: 'rolled_back', code: 'MODEL_SLOW' });
  t.strictSame(nextStep(back, wanted()), { do: 'nothing' });
  const again = madeUpTarget('2', { attempt: 2 });
  t.strictSame(nextStep(back, wanted(again)), { do: 'begin', ...wanted(again) });
  t.strictSame(nextStep(forgiven(back, two), wanted()), { do: 'begin', ...wanted() });
  t.strictSame(refusedBefore(back, madeUpVersion('2'), wanted(madeUpTarget('9'))), error, 'from elsewhere');
  t.equal(refusedBefore(back, madeUpVersion('2'), wanted(again)), undefined, 'it was asked for once more');
  t.equal(refusedBefore(back, madeUpVersion('3'), wanted(three)), undefined);
  t.end();
});

t.test('what was too old is tried again when older versions are wanted, and nothing else is', (t) => {
  const tooOld = { code: 'MODEL_TOO_OLD', message: 'It is older.' } as const;
  const [old, slow] = [tooOld, error].map((why) => refused(at('staged'), why, AT)) as [
    SlotRecord,
    SlotRecord,
  ];
  t.strictSame(nextStep(old, wanted()), { do: 'nothing' });
  t.strictSame(nextStep(old, wanted(two, true)), { do: 'begin', ...wanted(two, true) });
  t.strictSame(refusedBefore(old, madeUpVersion('2'), wanted()), tooOld);
  t.equal(refusedBefore(old, madeUpVersion('2'), wanted(two, true)), undefined);
  t.strictSame(nextStep(slow, wanted(two, true)), { do: 'nothing' });
  t.end();
});

t.test('a first version that fails leaves none', (t) => {
  const back = refused(at('active', emptySlot('people')), error, AT);
  t.equal(back.active, undefined);
  t.equal(back.activeKey, undefined);
  t.equal(back.update?.phase, 'rolled_back');
  t.end();
});

t.test('the next step follows from what is wanted and what is under way', (t) => {
  t.strictSame(nextStep(servingSlot('1'), wanted(one)), { do: 'nothing' });
  t.strictSame(nextStep(servingSlot('1'), wanted()), { do: 'begin', ...wanted() });
  t.strictSame(nextStep(at('building'), wanted()), { do: 'work', phase: 'building' });
  t.strictSame(nextStep(at('building'), wanted(three)), { do: 'begin', ...wanted(three) });
  t.strictSame(nextStep(at('building'), wanted(one)), { do: 'drop' });
  t.strictSame(nextStep(at('active'), wanted()), { do: 'work', phase: 'active' });
  t.strictSame(nextStep(at('active'), wanted(three)), { do: 'call-back' }, 'a probation may never end');
  const other = { key: targetKey(three), digest: undefined, attempt: 1, error, at: AT };
  const waits = { ...at('active'), refused: [other] };
  t.strictSame(
    nextStep(waits, wanted(three)),
    { do: 'work', phase: 'active' },
    'for what is refused it stays',
  );
  t.strictSame(nextStep(at('active'), wanted(one)), { do: 'call-back' });
  t.strictSame(nextStep(advanced(at('active'), AT), wanted()), { do: 'nothing' });
  t.end();
});

t.test('what is superseded or dropped is told in the history, and what serves stays', (t) => {
  const next = begun(at('building'), three, AT);
  t.match(next, { active: { version: '1.1.0' }, update: { phase: 'downloading', target: three, tries: 0 } });
  t.match(next.history.at(-1), { outcome: 'superseded', to: '1.2.0' });
  const nothing = dropped(at('trial'), AT);
  t.equal(nothing.update, undefined);
  t.match(nothing.history.at(-1), { outcome: 'superseded' });
  t.equal(dropped(at('active'), AT).update?.phase, 'active', 'one that serves is not dropped');
  const back = calledBack(at('active'), AT);
  t.match(back, { active: { version: '1.1.0' }, update: undefined, previous: undefined, refused: [] });
  const first = calledBack(at('active', emptySlot('people')), AT);
  t.match(first, { active: { version: '1.2.0' }, update: undefined }, 'a first one serves until another can');
  t.match(first.history.at(-1), { outcome: 'superseded', to: '1.2.0' });
  t.end();
});

t.test('tries are counted by beginnings that have no end', (t) => {
  let record = at('building');
  for (let count = 1; count <= 3; count += 1) {
    record = tried(record, AT);
    t.equal(record.update?.tries, count);
  }
  t.equal(untried(record, error).update?.tries, 2, 'stopped in order');
  t.strictSame(untried(record, error).update?.error, error);
  t.equal(failedTry(record, error).update?.tries, 3);
  t.equal(untried(at('building')).update?.tries, 0);
  t.match(advanced(record, AT).update, { phase: 'trial', tries: 0, error: undefined });
  t.end();
});

t.test('a version in its place, and one that is there already, are not fetched', (t) => {
  const place = madeUpTarget('2', { source: { kind: 'place', path: '/srv/people' } });
  t.equal(begun(servingSlot('1'), place, AT).update?.phase, 'staged');
  t.match(begun(servingSlot('1'), two, AT, madeUpVersion('2')).update, {
    phase: 'staged',
    version: { version: '1.2.0' },
  });
  const first = adopted(emptySlot('people'), madeUpVersion('1'), one, AT);
  t.match(first, {
    active: { version: '1.1.0' },
    activeKey: targetKey(one),
    history: [{ outcome: 'adopted' }],
  });
  t.end();
});

t.test('a way back that was chosen stays until the configuration wants something else', (t) => {
  const confirmed = advanced(at('active'), AT);
  const back = rolledBackByCommand(confirmed, two, AT);
  t.match(back, { active: { version: '1.1.0' }, previous: { version: '1.2.0' }, update: undefined });
  t.match(back.history.at(-1), { from: '1.2.0', to: '1.1.0', outcome: 'called_back' });
  t.strictSame(nextStep(back, wanted()), { do: 'nothing' });
  t.strictSame(nextStep(back, wanted(three)), { do: 'begin', ...wanted(three) });
  const chosen = { configured: targetKey(two), target: three, downgrade: true };
  t.strictSame(nextStep({ ...back, pin: chosen }, wanted()), { do: 'begin', ...wanted(three, true) });
  t.end();
});

t.test('what is remembered is bounded', (t) => {
  let record = servingSlot('1');
  for (let count = 0; count < 60; count += 1)
    record = refused(begun(record, madeUpTarget('2', { attempt: count + 1 }), AT), error, AT);
  t.equal(record.refused.length, MOST_REFUSED);
  t.equal(record.history.length, MOST_HISTORY);
  t.equal(record.refused.at(-1)?.attempt, 60);
  const twice = refused(begun(refused(begun(servingSlot('1'), two, AT), error, AT), two, AT), error, AT);
  t.equal(twice.refused.length, 1, 'each wish once');
  t.end();
});

t.test('a clock that jumps back leaves no negative time in the history', (t) => {
  const before = refused(at('building'), error, '2020-01-01T00:00:00.000Z');
  t.equal(before.history.at(-1)?.seconds, undefined);
  t.end();
});

t.test('what may pass by itself is told from what the version is at fault for', (t) => {
  t.equal(failureKind('UPDATE_FETCH'), 'patient');
  t.equal(failureKind('UPDATE_NO_SPACE'), 'patient');
  t.equal(failureKind('KEY_INVALID'), 'patient');
  t.equal(failureKind('ENGINE_MEMORY'), 'few');
  t.equal(failureKind('MODEL_CLASSES'), 'refused');
  t.equal(failureKind('BUNDLE_ARCHIVE'), 'refused');
  t.equal(failureKind('BUNDLE_INCOMPLETE', 'http'), 'refused', 'an archive stays what it is');
  t.equal(failureKind('BUNDLE_INCOMPLETE', 'place'), 'patient', 'a folder may be filled yet');
  t.end();
});

t.test('engines of what is changed stay until it is over', (t) => {
  const [first, second] = [madeUpVersion('1').digest, madeUpVersion('2').digest];
  t.strictSame(digestsToKeep(servingSlot('1')), []);
  t.strictSame(digestsToKeep(at('building')), [first, second]);
  t.strictSame(digestsToKeep(at('active')), [second, first], 'for a way back');
  t.strictSame(digestsToKeep(advanced(at('active'), AT)), []);
  t.strictSame(digestsToKeep({}), [], 'of a store that could not be read');
  t.end();
});

t.test('what other keys may turn around is forgiven when they change, and nothing else', (t) => {
  const [then, now] = ['1'.repeat(32), '2'.repeat(32)];
  for (const code of ['MODEL_UNTRUSTED', 'MODEL_UNSIGNED', 'MODEL_EXPIRED', 'MODEL_SLOW'] as const) {
    const record = refused(begun(servingSlot('1'), madeUpTarget('2'), AT), { code, message: '' }, AT, then);
    t.equal(forgivenByKeys(record, then), record, code);
    t.equal(forgivenByKeys(record, now).refused.length, code === 'MODEL_SLOW' ? 1 : 0, code);
  }
  t.end();
});
