import t from 'tap';
import { judgeModel, type ModelContent, type TrustQuestion } from '../../dist/models/trust.js';
import type { ModelClaim } from '../../dist/models/trust-comment.js';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 24 * 3600 * 1000;

const content = (part: Partial<ModelContent> = {}): ModelContent => ({
  name: 'people',
  version: '1.3.0',
  labels: ['person', 'dog'],
  ...part,
});
const claimed = (part: Partial<ModelClaim> = {}): TrustQuestion['archive'] => {
  const claim = {
    name: 'people',
    version: '1.3.0',
    sha256: 'a'.repeat(64),
    signedMs: NOW - DAY,
    expiresMs: undefined,
  };
  return { signature: { keyId: '0123456789ABCDEF', comment: '', claim: { ...claim, ...part } } };
};
/** A new version of what serves that is well in every way. */
const GOOD: TrustQuestion = {
  model: 'people',
  target: { sha256: undefined, version: undefined },
  classes: 'same',
  downgrade: false,
  archive: claimed(),
  content: content(),
  active: { name: 'people', labels: ['person'] },
  highest: '1.2.9',
  nowMs: NOW,
};
const plain = { signature: { keyId: '0123456789ABCDEF', comment: 'timestamp:1', claim: undefined } };
const unsigned = { signature: undefined };
const SHA = 'a'.repeat(64);

/** What differs from a good question, and the code of the answer; `yes` where it is taken. */
const TABLE: [string, Partial<TrustQuestion>, string][] = [
  ['a newer version with the same classes and one more', {}, 'yes'],
  ['the same before it is unpacked', { content: undefined }, 'yes'],
  ['a first install', { active: undefined, highest: undefined }, 'yes'],
  [
    'one that only its digest vouches for',
    { archive: unsigned, target: { sha256: SHA, version: undefined } },
    'yes',
  ],
  ['one with a comment of minisign’s own', { archive: plain }, 'yes'],
  [
    'the same with a manifest that says nothing',
    { archive: plain, content: content({ name: undefined }), active: { name: undefined, labels: [] } },
    'yes',
  ],
  [
    'nothing known before unpacking',
    { archive: plain, content: undefined, target: { sha256: undefined, version: '1.3' } },
    'yes',
  ],

  ['one whose signature expired', { archive: claimed({ expiresMs: NOW - 1 }) }, 'MODEL_EXPIRED'],
  ['one that expires now', { archive: claimed({ expiresMs: NOW }) }, 'yes'],
  [
    'one that expired, before it is unpacked',
    { archive: claimed({ expiresMs: NOW - 1 }), content: undefined },
    'MODEL_EXPIRED',
  ],
  ['one that was signed a little in the future', { archive: claimed({ signedMs: NOW + DAY }) }, 'yes'],

  ['one that is older', { highest: '1.3.1' }, 'MODEL_TOO_OLD'],
  ['one that says so before it is unpacked', { highest: '1.3.1', content: undefined }, 'MODEL_TOO_OLD'],
  [
    'a pre-release of what served',
    { archive: plain, content: content({ version: '1.2.9-rc.1' }) },
    'MODEL_TOO_OLD',
  ],
  ['the very same version', { highest: '1.3' }, 'yes'],
  ['an older one that is wanted', { highest: '1.3.1', downgrade: true }, 'yes'],
  [
    'an older one with its digest',
    { highest: '1.3.1', target: { sha256: SHA, version: undefined } },
    'MODEL_TOO_OLD',
  ],
  ['one without order', { archive: plain, content: content({ version: 'best' }) }, 'MODEL_TOO_OLD'],
  [
    'one without order but with its digest',
    { archive: plain, content: content({ version: 'best' }), target: { sha256: SHA, version: undefined } },
    'yes',
  ],
  ['one without any version', { archive: plain, content: content({ version: undefined }) }, 'MODEL_TOO_OLD'],
  ['one after a version without order', { highest: 'best' }, 'yes'],

  ['the version that was asked for', { target: { sha256: undefined, version: '1.3.0' } }, 'yes'],
  ['the same written otherwise', { target: { sha256: undefined, version: 'v1.3' } }, 'yes'],
  ['another version than asked for', { target: { sha256: undefined, version: '1.4.0' } }, 'MODEL_VERSION'],
  [
    'another version, before it is unpacked',
    { target: { sha256: undefined, version: '1.4.0' }, content: undefined },
    'MODEL_VERSION',
  ],
  [
    'no version where one was asked for',
    {
      archive: plain,
      content: content({ version: undefined }),
      target: { sha256: undefined, version: '1.3.0' },
    },
    'MODEL_VERSION',
  ],
  [
    'a version without order that was asked for',
    { archive: plain, content: content({ version: 'best' }), target: { sha256: SHA, version: 'best' } },
    'yes',
  ],

  ['another name than signed', { content: content({ name: 'dogs' }) }, 'MODEL_OTHER'],
  [
    'another name than signed, whatever the classes',
    { content: content({ name: 'dogs' }), classes: 'any' },
    'MODEL_OTHER',
  ],
  ['another version than signed', { content: content({ version: '1.4.0' }) }, 'MODEL_OTHER'],
  ['another spelling of the version than signed', { content: content({ version: '1.3' }) }, 'MODEL_OTHER'],
  ['another model', { archive: plain, content: content({ name: 'dogs' }) }, 'MODEL_OTHER'],
  [
    'another model, before it is unpacked',
    { archive: claimed({ name: 'dogs' }), content: undefined },
    'MODEL_OTHER',
  ],
  [
    'a model without a name in place of one that has one',
    { archive: plain, content: content({ name: undefined }) },
    'MODEL_OTHER',
  ],
  [
    'another model where any is meant',
    { archive: plain, content: content({ name: 'dogs', labels: ['dog'] }), classes: 'any' },
    'yes',
  ],
  [
    'a named model in place of one without a name',
    { active: { name: undefined, labels: ['person'] } },
    'yes',
  ],

  ['one that lacks a class', { active: { name: 'people', labels: ['person', 'cat'] } }, 'MODEL_CLASSES'],
  [
    'one that lacks a class where any will do',
    { active: { name: 'people', labels: ['cat'] }, classes: 'any' },
    'yes',
  ],
  [
    'one that has the classes that are listed',
    { active: { name: 'people', labels: ['cat'] }, classes: ['dog'] },
    'yes',
  ],
  ['one that lacks a listed class', { classes: ['dog', 'cat'] }, 'MODEL_CLASSES'],
  ['a first one that lacks a listed class', { classes: ['cat'], active: undefined }, 'MODEL_CLASSES'],
];

for (const [name, part, wanted] of TABLE) {
  t.test(`${name}: ${wanted}`, (t) => {
    const verdict = judgeModel({ ...GOOD, ...part });
    t.equal(verdict.take === 'no' ? verdict.error.code : verdict.take, wanted);
    if (verdict.take === 'no') {
      t.match(verdict.error.message, /^The .*"people".*\.$/);
      t.match(verdict.error.hint, /\.$/);
    }
    t.end();
  });
}

t.test('a clock that was not set yet refuses nothing, neither an expired one nor any other', (t) => {
  for (const part of [{}, { expiresMs: NOW + DAY }, { expiresMs: NOW + 3 * DAY }]) {
    const verdict = judgeModel({ ...GOOD, archive: claimed({ signedMs: NOW + DAY + 1000, ...part }) });
    t.match(verdict, {
      take: 'later',
      reason: /^the clock says 2026-06-01T00:00:00Z, and the model was signed at /,
    });
  }
  t.end();
});

t.test('of many missing classes some are named', (t) => {
  const labels = Array.from({ length: 80 }, (_, at) => `class ${at}`);
  const verdict = judgeModel({ ...GOOD, active: { name: 'people', labels } });
  t.match(verdict, { error: { message: /"class 0", "class 1".*"class 4", and 75 more\.$/ } });
  t.end();
});
