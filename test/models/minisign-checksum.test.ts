import { createHash } from 'node:crypto';
import t from 'tap';
import { blake2b } from '../../dist/models/minisign-checksum.js';

t.test('64 bytes are those of OpenSSL, whatever the length of the message', (t) => {
  for (const length of [0, 1, 3, 127, 128, 129, 255, 256, 257, 1000]) {
    const message = Buffer.alloc(length);
    for (let at = 0; at < length; at += 1) message[at] = (at * 31 + length) & 255;
    t.strictSame(blake2b(message, 64), createHash('blake2b512').update(message).digest(), `${length} bytes`);
  }
  t.end();
});

t.test('32 bytes are a function of their own', (t) => {
  const digest = blake2b(Buffer.from('abc'), 32).toString('hex');
  t.equal(digest, 'bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319');
  t.end();
});
