import t from 'tap';
import {
  claimComment,
  type ModelClaim,
  parseClaim,
  parseTime,
  timeText,
} from '../../dist/models/trust-comment.js';

const SHA = 'a'.repeat(64);
const claim: ModelClaim = {
  name: 'people',
  version: '1.3.0',
  sha256: SHA,
  signedMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  expiresMs: undefined,
};
const COMMENT = `detectd=1 name=people version=1.3.0 sha256=${SHA} signed=2026-01-02T03:04:05Z`;

t.test('a claim is written as words, and read again', (t) => {
  t.equal(claimComment(claim), COMMENT);
  t.strictSame(parseClaim(COMMENT), claim);
  const expiring = { ...claim, expiresMs: Date.UTC(2027, 0, 1) };
  t.equal(claimComment(expiring), `${COMMENT} expires=2027-01-01T00:00:00Z`);
  t.strictSame(parseClaim(claimComment(expiring)), expiring);
  t.end();
});

t.test('names of any kind stay one word in one line', (t) => {
  for (const name of ['people at night', '100 %', '%41', 'a\nb', 'a\u2028b', 'Straße 5', 'x=y', ' ', '人']) {
    const comment = claimComment({ ...claim, name });
    t.notMatch(comment, /[\p{Cc}\u2028]/u);
    t.equal(parseClaim(comment)?.name, name);
  }
  t.end();
});

t.test('what a later version may add, and the order, do not matter', (t) => {
  const words = COMMENT.split(' ');
  t.strictSame(parseClaim([words[0], ...words.slice(1).reverse(), 'extra=1', 'word'].join('\t')), claim);
  t.end();
});

t.test('a comment of somebody else claims nothing', (t) => {
  for (const comment of ['', 'timestamp:1\tfile:f\thashed', 'x=1 detectd=1', 'name=people version=1'])
    t.equal(parseClaim(comment), undefined, comment);
  t.end();
});

const BROKEN: Record<string, [string, RegExp]> = {
  'another form': [COMMENT.replace('detectd=1', 'detectd=2'), /form 2/],
  'no name': [COMMENT.replace('name=people ', ''), /no name/],
  'an empty name': [COMMENT.replace('people', ''), /no name/],
  'no version': [COMMENT.replace('version=1.3.0 ', ''), /no version/],
  'no digest': [COMMENT.replace(`sha256=${SHA} `, ''), /no sha256/],
  'a short digest': [COMMENT.replace(SHA, 'abc'), /64 hexadecimal/],
  'a digest in capitals': [COMMENT.replace(SHA, 'A'.repeat(64)), /64 hexadecimal/],
  'no time': [COMMENT.replace(/ signed=.*/, ''), /no signed/],
  'a time without its zone': [COMMENT.replace('05Z', '05'), /as signed/],
  'an impossible time': [COMMENT.replace('01-02', '13-40'), /as signed/],
  'an expiry that is none': [`${COMMENT} expires=never`, /as expires/],
  'two versions': [`${COMMENT} version=9`, /version twice/],
  'a broken escape': [COMMENT.replace('people', '%zz'), /name that cannot be read/],
  'a long name': [COMMENT.replace('people', 'x'.repeat(300)), /more than 200/],
};
for (const [name, [comment, message]] of Object.entries(BROKEN)) {
  t.test(`a claim with ${name} is refused, not taken for none`, (t) => {
    t.throws(() => parseClaim(comment), { code: 'MODEL_BAD_SIGNATURE', message });
    t.end();
  });
}

t.test('times have a zone', (t) => {
  t.equal(parseTime('2026-01-02T03:04:05+02:00'), Date.UTC(2026, 0, 2, 1, 4, 5));
  t.equal(parseTime('2026-01-02T03:04:05.5Z'), Date.UTC(2026, 0, 2, 3, 4, 5, 500));
  t.equal(timeText(Date.UTC(2026, 0, 2, 3, 4, 5, 999)), '2026-01-02T03:04:05Z');
  for (const text of ['2026-01-02', '2026', 'tomorrow', '2026-02-31', ''])
    t.equal(parseTime(text), undefined, text);
  t.end();
});
