/** Only CBOR that JSON could have said gets to the decoder. */
import t from 'tap';
import { isPlainCbor } from '../../dist/publish/cbor-guard.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

t.test('values of JSON are let through, in every width', (t) => {
  const good = [
    'a0',
    'a1 61 61 00',
    'a1 61 61 20',
    'b8 01 61 61 82 01 02',
    'b9 0001 61 61 1a 00010000',
    'ba 00000001 61 61 1b 001fffffffffffff',
    'a3 61 61 f4 61 62 f5 61 63 f6',
    'a3 61 61 f93c00 61 62 fa3f800000 61 63 fb3ff0000000000000',
    'a1 78 01 61 a1 60 80',
  ];
  for (const each of good) t.ok(isPlainCbor(hex(each)), each);
  t.end();
});

t.test('anything else is not', (t) => {
  const bad = {
    nothing: '',
    'cut off in a map': 'a1 61 61',
    'cut off in a text': 'a1 61 61 62 61',
    'cut off in a length': 'b9 00',
    'cut off in a float': 'a1 61 61 fb 00',
    'more behind it': 'a0 00',
    'a number of any size': 'a1 61 61 1b ffffffffffffffff',
    'a map longer than its bytes': 'bb 001fffffffffffff 61 61 00',
    'an array longer than its bytes': 'a1 61 61 9a ffffffff 00',
    'a text longer than its bytes': 'a1 61 61 7b 001fffffffffffff',
    'a map without an end': 'bf ff',
    'a text without an end': 'a1 61 61 7f ff',
    'a reserved length': 'bc',
    'a key that is a number': 'a1 00 00',
    'a key that is an array': 'a1 80 00',
    'bytes, which JSON has not': 'a1 61 61 41 00',
    'a tag: a shared value': 'a1 61 61 d81c 80',
    'a tag: a date': 'a1 61 61 c1 00',
    undefined: 'a1 61 61 f7',
    'another simple value': 'a1 61 61 e0',
    'a simple value of two bytes': 'a1 61 61 f8 ff',
  };
  for (const [why, each] of Object.entries(bad)) t.notOk(isPlainCbor(hex(each)), why);
  const nested = (depth: number) => Buffer.concat([Buffer.alloc(depth, 0x81), Buffer.from([0])]);
  t.ok(isPlainCbor(nested(60)));
  t.notOk(isPlainCbor(nested(100_000)), 'deeper than anybody means');
  t.end();
});
