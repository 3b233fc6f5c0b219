import t from 'tap';
import { MAX_SIGNATURE_BYTES, parseSignature, signatureFile } from '../../dist/models/minisign-signature.js';
import { KEY_ID, LEGACY_SIGNATURE, SIGNATURE } from '../helpers/minisign-files.js';

t.test('both forms are read and written again as they were', (t) => {
  for (const [text, hashed] of [
    [SIGNATURE, true],
    [LEGACY_SIGNATURE, false],
  ] as const) {
    const signature = parseSignature(text);
    t.equal(signature.keyId, KEY_ID);
    t.equal(signature.hashed, hashed);
    t.equal(signatureFile(signature, 'signature from minisign secret key'), text);
  }
  t.equal(parseSignature(SIGNATURE).comment, 'x=1');
  t.equal(parseSignature(SIGNATURE.replaceAll('\n', '\r\n')).comment, 'x=1');
  t.equal(parseSignature(SIGNATURE.trimEnd()).comment, 'x=1', 'the last line break may be missing');
  t.end();
});

const lines = SIGNATURE.split('\n');
const withLine = (at: number, text: string) => lines.with(at, text).join('\n');
const kind = (text: string) =>
  Buffer.concat([Buffer.from(text), Buffer.from(lines[1] as string, 'base64').subarray(2)]).toString(
    'base64',
  );

const MALFORMED: Record<string, [string, RegExp]> = {
  nothing: ['', /does not begin with/],
  'a page of a server': ['<html>not found</html>\n', /does not begin with/],
  'one line': [`${lines[0]}\n`, /cut off/],
  'three lines': [lines.slice(0, 3).join('\n'), /cut off/],
  'five lines': [`${SIGNATURE}more\n`, /more than four lines/],
  'two signatures': [`${SIGNATURE}${SIGNATURE}`, /more than four lines/],
  'no Base64': [withLine(1, '????'), /second line/],
  'a short signature': [withLine(1, (lines[1] as string).slice(4)), /second line/],
  'another kind': [withLine(1, kind('Ec')), /another kind/],
  'no trusted comment': [withLine(2, 'untrusted comment: x=1'), /third line/],
  'a comment without its blank': [withLine(2, 'trusted comment:x=1'), /third line/],
  'a short signature of the comment': [withLine(3, (lines[3] as string).slice(4)), /fourth line/],
  'a megabyte': ['x'.repeat(2 ** 20), /larger than/],
  'a comment of more than the limit': [
    withLine(2, `trusted comment: ${'é'.repeat(MAX_SIGNATURE_BYTES / 2)}`),
    /larger than/,
  ],
};
for (const [name, [text, message]] of Object.entries(MALFORMED)) {
  t.test(`${name} is no signature`, (t) => {
    t.throws(() => parseSignature(text), { code: 'MODEL_BAD_SIGNATURE', message });
    t.end();
  });
}
