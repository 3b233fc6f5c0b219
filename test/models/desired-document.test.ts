/** Documents as strangers may write them: each fault has its code, and nothing of a bad one counts. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { type ReadOptions, readDesired } from '../../dist/models/desired-document.js';
import { payload } from '../helpers/desired.js';

const OPTIONS: ReadOptions = { scope: 'fleet', device: 'dock-3', signed: false };
const GOOD = { version: 12, config: { log: { level: 'debug' } } };

function read(content: unknown, options: Partial<ReadOptions> = {}) {
  const bytes = content instanceof Uint8Array ? content : payload(content);
  return readDesired(bytes, { ...OPTIONS, ...options });
}

function codeOf(content: unknown, options: Partial<ReadOptions> = {}): string {
  try {
    read(content, options);
    return 'taken';
  } catch (error) {
    return error instanceof DetectdError ? error.code : String(error);
  }
}

t.test('a whole document is read', (t) => {
  const document = read({
    ...GOOD,
    issued: '2026-11-23T10:00:00Z',
    expires: '2026-12-01T00:00:00+01:00',
    device: 'dock-3',
    rollout: { percent: 10, seed: 's', tags: ['a'], not_before: '2026-11-24T00:00:00.5Z' },
  });
  t.match(document, {
    scope: 'fleet',
    version: 12,
    config: GOOD.config,
    expiresMs: Date.UTC(2026, 10, 30, 23),
    rollout: {
      percent: 10,
      seed: 's',
      tags: ['a'],
      notBeforeMs: Date.UTC(2026, 10, 24, 0, 0, 0, 500),
      hold: false,
    },
    signedBy: undefined,
  });
  t.strictSame(read({ ...GOOD, rollout: {} }).rollout, {
    ...{ percent: 100, seed: '', tags: undefined, notBeforeMs: undefined, hold: false },
  });
  t.end();
});

t.test('its digests do not depend on the order of keys', (t) => {
  const one = read(Buffer.from('{"version":1,"config":{"a":1,"b":2}}'));
  const other = read(Buffer.from(' {"config" : {"b":2,"a":1.0},\n"version":1}'));
  t.equal(one.digest, other.digest);
  const next = read({ version: 2, config: { a: 1, b: 2 } });
  t.not(one.digest, next.digest);
  t.equal(one.configDigest, next.configDigest);
  t.end();
});

t.test('what is malformed, too large or for another device says so', (t) => {
  const malformed = [
    ...['', '[]', '5', 'null', '"x"', '{}', '{"version":1}', 'x'].map((text) => Buffer.from(text)),
    Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
    ...[0, -1, 1.5, '1', null, 2 ** 53, true].map((version) => ({ ...GOOD, version })),
    ...[[], null, 'x', 5].map((config) => ({ ...GOOD, config })),
    ...['tomorrow', '2026-13-01T00:00:00Z', '2026-11-23', 5].map((expires) => ({ ...GOOD, expires })),
    { ...GOOD, issued: 'x' },
    { ...GOOD, configs: {} },
    ...[{ percent: 101 }, { percent: -1 }, { percent: 10 }, { seed: 5 }, { hold: 1 }, { stop: true }, []].map(
      (rollout) => ({ ...GOOD, rollout }),
    ),
    Buffer.from('{"version":1,"config":{"__proto__":{"a":1}}}'),
    Buffer.from('{"version":1,"config":{"a":1e999}}'),
  ];
  for (const content of malformed)
    t.equal(
      codeOf(content),
      'DESIRED_MALFORMED',
      content instanceof Buffer ? content.toString() : JSON.stringify(content),
    );
  const large = [
    Buffer.alloc(262_145, 0x20),
    Buffer.from(`{"version":1,"config":${'{"a":'.repeat(16)}1${'}'.repeat(16)}}`),
    { ...GOOD, config: Object.fromEntries(Array.from({ length: 5001 }, (_, index) => [`k${index}`, 1])) },
  ];
  for (const content of large) t.equal(codeOf(content), 'DESIRED_TOO_LARGE');
  t.equal(codeOf({ ...GOOD, device: 'dock-4' }), 'DESIRED_OTHER_DEVICE');
  t.equal(codeOf({ ...GOOD, device: 'dock-3' }), 'taken');
  t.end();
});

t.test('an error names keys and never values', (t) => {
  t.throws(() => read({ version: 'hunter22', config: {}, rollout: { percent: 'hunter22' }, more: 1 }), {
    code: 'DESIRED_MALFORMED',
    message: /^The document (?!.*hunter22).*"version".*"rollout\.percent".*unknown key "more"/,
  });
  t.end();
});

t.test('signed documents come in an envelope, and only those where that is asked for', (t) => {
  const inner = JSON.stringify(GOOD);
  const verify = (content: Uint8Array, minisig: string): string => {
    if (minisig !== 'good' || Buffer.from(content).toString() !== inner)
      throw new Error('it is not of this document.');
    return 'A1B2';
  };
  const envelope = { payload: inner, minisig: 'good' };
  t.match(read(envelope, { signed: true, verify }), { version: 12, signedBy: 'A1B2' });
  t.match(read(envelope), { version: 12, signedBy: undefined }, 'nobody asks, nobody verifies');
  t.match(read(envelope, { verify }), { signedBy: 'A1B2' });
  const bad = 'DESIRED_BAD_SIGNATURE';
  t.equal(codeOf(GOOD, { signed: true, verify }), bad, 'no signature');
  t.equal(codeOf({ ...envelope, minisig: 'bad' }, { signed: true, verify }), bad);
  t.equal(codeOf({ ...envelope, minisig: 'bad' }, { verify }), bad, 'a wrong one is never taken');
  t.equal(codeOf({ ...envelope, payload: `${inner} ` }, { signed: true, verify }), bad);
  t.equal(codeOf(envelope, { signed: true }), bad, 'no key is trusted');
  t.equal(codeOf({ payload: inner }, { verify }), 'DESIRED_MALFORMED');
  t.equal(codeOf({ payload: 5, minisig: 'good' }), 'DESIRED_MALFORMED');
  t.equal(codeOf({ ...envelope, more: 1 }), 'DESIRED_MALFORMED');
  t.equal(codeOf({ payload: JSON.stringify(envelope), minisig: 'x' }), 'DESIRED_MALFORMED', 'one in another');
  t.throws(() => read({ ...envelope, minisig: 'bad' }, { verify }), {
    message: 'The document has a signature that does not hold: it is not of this document.',
  });
  t.end();
});

t.test('a signed document for one device names it, so that it passes nowhere else', (t) => {
  const verify = () => 'A1B2';
  const sealed = (content: object) => ({ payload: JSON.stringify(content), minisig: 'x' });
  const options = { signed: true, verify, scope: 'device' as const };
  t.equal(codeOf(sealed(GOOD), options), 'DESIRED_OTHER_DEVICE');
  t.equal(codeOf(sealed({ ...GOOD, device: 'dock-3' }), options), 'taken');
  t.equal(codeOf(sealed(GOOD), { ...options, scope: 'fleet' }), 'taken');
  t.end();
});
