/** The one error class, on its way through processes and terminals. */
import t from 'tap';
import { DetectdError, type ErrorData, messageOf, systemCode } from '../../dist/base/errors.js';

t.test('an error survives the way through plain data', (t) => {
  const error = new DetectdError('MODEL_LOAD', 'It does not load.', 'Export it again.');
  t.strictSame(error.toData(), {
    code: 'MODEL_LOAD',
    message: 'It does not load.',
    hint: 'Export it again.',
  });
  const copy = DetectdError.fromData(JSON.parse(JSON.stringify(error.toData())) as ErrorData);
  t.match(copy, {
    code: 'MODEL_LOAD',
    message: 'It does not load.',
    hint: 'Export it again.',
    exitStatus: 1,
  });
  t.notOk('hint' in new DetectdError('USAGE', 'x').toData(), 'no hint, no key');
  t.equal(new DetectdError('USAGE', 'x').exitStatus, 2);
  t.end();
});

t.test('a code that this version does not know is a defect, not a crash', (t) => {
  for (const code of ['FROM_THE_FUTURE', 'toString', '__proto__']) {
    const error = DetectdError.fromData({ code, message: 'x' } as unknown as ErrorData);
    t.equal(error.code, 'INTERNAL');
    t.equal(error.exitStatus, 1);
  }
  t.end();
});

t.test('anything thrown becomes a DetectdError', (t) => {
  const known = new DetectdError('USAGE', 'x');
  t.equal(DetectdError.from(known, 'INTERNAL'), known);
  const cause = new Error('disk full');
  t.match(DetectdError.from(cause, 'FOLDER_UNWRITABLE', 'Free some space.'), {
    code: 'FOLDER_UNWRITABLE',
    message: 'disk full',
    hint: 'Free some space.',
    cause,
  });
  for (const thrown of [undefined, null, 5, 'text', {}, Symbol('s')]) {
    t.equal(DetectdError.from(thrown).code, 'INTERNAL');
    t.type(messageOf(thrown), 'string');
  }
  t.end();
});

t.test('system codes are read from whatever has one', (t) => {
  t.equal(systemCode(Object.assign(new Error('x'), { code: 'ENOENT' })), 'ENOENT');
  for (const thrown of [undefined, null, 'ENOENT', {}, { code: 5 }]) t.equal(systemCode(thrown), undefined);
  t.end();
});
