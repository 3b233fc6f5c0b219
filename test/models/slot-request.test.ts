/** What a request makes of a record. */
import t from 'tap';
import { targetKey } from '../../dist/models/model-target.js';
import { answered, requested } from '../../dist/models/slot-request.js';
import { advanced, begun, nextStep, refused } from '../../dist/models/update-phases.js';
import { AT, madeUpTarget, madeUpVersion, servingSlot } from '../helpers/model-slots.js';

const [one, two] = [madeUpTarget('1'), madeUpTarget('2')];
const ask = { id: 'r', target: undefined, again: false, downgrade: false, to: undefined };
const wanted = { target: two, downgrade: false };

function onProbation() {
  let record = begun(servingSlot('1'), two, AT);
  while (record.update?.phase !== 'active') record = advanced(record, AT, madeUpVersion('2'));
  return record;
}

t.test('back from a version on probation, which is not begun again', (t) => {
  const back = requested(onProbation(), { ...ask, do: 'rollback' }, two, [], AT);
  t.match(back, { active: { version: '1.1.0' }, update: undefined, request: { id: 'r', error: undefined } });
  t.strictSame(nextStep(back, wanted), { do: 'nothing' });
  t.end();
});

t.test('back to what is named, if it has proved itself', (t) => {
  const record = advanced(onProbation(), AT);
  const kept = (digit: string, confirmed: string | undefined) => {
    const vouched = { signedBy: undefined, facts: null };
    return { version: madeUpVersion(digit), model: 'people', key: '', adopted: AT, confirmed, vouched };
  };
  const back = { ...ask, do: 'rollback' } as const;
  const versions = [kept('0', AT), kept('7', undefined), kept('2', AT)];
  const to = (name: string) => requested(record, { ...back, to: name }, two, versions, AT);
  t.equal(to('1.0.0').active?.version, '1.0.0');
  t.equal(to('00000000').active?.version, '1.0.0', 'by its digest');
  t.match(to('1.7.0').request, { error: { code: 'UPDATE_UNKNOWN' } });
  t.match(to('1.2.0').request, { error: { message: /serves already/ } });
  t.match(to('1.7.0').active, { version: '1.2.0' });
  t.match(requested(servingSlot('1'), back, one, [], AT).request, { error: { code: 'UPDATE_UNKNOWN' } });
  t.end();
});

t.test('install: what is configured, another one, or once more', (t) => {
  const error = { code: 'MODEL_SLOW', message: 'Slow.' } as const;
  const failed = refused(begun(servingSlot('1'), two, AT, madeUpVersion('2')), error, AT);
  const install = { ...ask, do: 'install' } as const;
  t.strictSame(nextStep(requested(failed, install, two, [], AT), wanted), { do: 'nothing' });
  const again = requested(failed, { ...install, again: true }, two, [], AT);
  t.strictSame(nextStep(again, wanted), { do: 'begin', ...wanted });
  const other = requested(failed, { ...install, target: madeUpTarget('3'), downgrade: true }, two, [], AT);
  t.match(other.pin, { configured: targetKey(two), downgrade: true });
  t.strictSame(nextStep(other, wanted), { do: 'begin', target: madeUpTarget('3'), downgrade: true });
  t.end();
});

t.test('a request is over when nothing is left to be done, with what its wish was refused for', (t) => {
  const install = { ...ask, do: 'install', again: true } as const;
  const error = { code: 'MODEL_SLOW', message: 'Slow.' } as const;
  const before = refused(begun(servingSlot('1'), two, AT, madeUpVersion('2')), error, AT);
  const taken = requested(before, install, two, [], AT);
  t.match(taken.request, { error: undefined, over: false }, 'how the last one ended says nothing');
  t.match(taken.update, { phase: 'failed' });
  const served = answered({ ...taken, ...servingSlot('2'), request: taken.request }, wanted);
  t.strictSame(served.request, { id: 'r', error: undefined, over: true });
  const failed = answered({ ...before, request: taken.request }, wanted);
  t.strictSame(failed.request, { id: 'r', error, over: true });
  t.equal(answered(failed, wanted), failed, 'once');
  t.equal(answered(before, wanted), before);
  t.match(requested(before, { ...ask, do: 'rollback' }, two, [], AT).request, { over: true });
  t.end();
});
