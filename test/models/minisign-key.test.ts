import t from 'tap';
import { decodeBase64, keyIdText, parsePublicKey, publicKeyFile } from '../../dist/models/minisign-key.js';
import {
  KEY_ID,
  PUBLIC_KEY,
  PUBLIC_KEY_FILE,
  SECRET_KEY_FILE,
  SIGNATURE,
} from '../helpers/minisign-files.js';

t.test('a key is read from its line and from its file, and written as minisign does', (t) => {
  for (const text of [
    PUBLIC_KEY,
    `${PUBLIC_KEY}\n`,
    PUBLIC_KEY_FILE,
    PUBLIC_KEY_FILE.replaceAll('\n', '\r\n'),
  ]) {
    const key = parsePublicKey(text, 'here');
    t.equal(key.id, KEY_ID);
    t.equal(key.text, PUBLIC_KEY);
    t.equal(publicKeyFile(key), PUBLIC_KEY_FILE);
  }
  t.end();
});

/** A well-formed line around any bytes of a key. */
const lineOf = (point: Buffer, kind = 'Ed') =>
  Buffer.concat([Buffer.from(kind), Buffer.alloc(8), point]).toString('base64');
const weak = (hex: string) => lineOf(Buffer.from(hex, 'hex'));

const MALFORMED: Record<string, [string, RegExp]> = {
  nothing: ['', /holds no key/],
  'a comment alone': ['untrusted comment: x\n', /holds no key/],
  'two keys': [`${PUBLIC_KEY}\n${PUBLIC_KEY}\n`, /more than a comment and a key/],
  'one character less': [PUBLIC_KEY.slice(0, -1), /56 characters/],
  'a wrong character': [`${PUBLIC_KEY.slice(0, -1)}!`, /56 characters/],
  'another alphabet': [PUBLIC_KEY.replaceAll('/', '_'), /56 characters/],
  'another kind': [lineOf(Buffer.alloc(32, 9), 'EC'), /another kind/],
  'a secret key': [SECRET_KEY_FILE, /is a secret key/],
  'a signature': [SIGNATURE, /more than a comment and a key/],
  zeros: [weak('00'.repeat(32)), /anybody can sign/],
  'a one': [weak(`01${'00'.repeat(31)}`), /anybody can sign/],
  'a one with its sign': [weak(`01${'00'.repeat(30)}80`), /anybody can sign/],
  'a point of order 8': [
    weak('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
    /anybody can sign/,
  ],
  'a zero written larger': [weak(`ed${'ff'.repeat(30)}7f`), /anybody can sign/],
  'a megabyte': ['R'.repeat(2 ** 20), /too long/],
};
for (const [name, [text, message]] of Object.entries(MALFORMED)) {
  t.test(`${name} is no key`, (t) => {
    t.throws(() => parsePublicKey(text, 'updates.keys[0]'), { code: 'KEY_INVALID', message });
    t.end();
  });
}

t.test('base64 is taken in its one form only', (t) => {
  t.strictSame(decodeBase64('AAE='), Buffer.from([0, 1]));
  for (const text of ['AAE', 'AAF=', 'AAE=\n', ' AAE=', 'AA-_', 'AAE=='])
    t.equal(decodeBase64(text), undefined, text);
  t.equal(keyIdText(Buffer.from('0102030405060708', 'hex')), '0807060504030201');
  t.end();
});
