/** JSON from strangers: what is too deep, too much or too strange is told apart. */
import t from 'tap';
import { parseBoundedJson } from '../../dist/models/bounded-json.js';

const BOUNDS = { mostDepth: 4, mostValues: 20 };
const parse = (text: string) => parseBoundedJson(text, BOUNDS);

t.test('ordinary JSON comes out as it is', (t) => {
  t.strictSame(parse('{"a":[1,"x",null,true],"b":{"c":{}}}'), {
    value: { a: [1, 'x', null, true], b: { c: {} } },
  });
  t.strictSame(parse('"[[[[[[[[ \\" ,,,,,,,,,,,,,,,,,,,,,,,"'), {
    value: '[[[[[[[[ " ,,,,,,,,,,,,,,,,,,,,,,,',
  });
  t.strictSame(parse('[[[[]]]]'), { value: [[[[]]]] }, 'as deep as is allowed');
  t.end();
});

t.test('too deep and too many is large, before it is parsed', (t) => {
  t.match(parse('[[[[[]]]]]'), { refused: 'large', clause: 'is nested deeper than 4 levels' });
  t.match(parse('['.repeat(200_000)), { refused: 'large' });
  t.match(parse(`[${'1,'.repeat(30)}1]`), { refused: 'large', clause: 'holds more than 20 values' });
  t.end();
});

t.test('what is no JSON, reaches into objects or is no number is malformed', (t) => {
  for (const text of ['', '{', 'nul', '{"a":1,}', '[1 2]', "{'a':1}", '\u0000', '{"a":NaN}'])
    t.match(parse(text), { refused: 'malformed', clause: 'is not valid JSON' }, JSON.stringify(text));
  t.match(parse('{"a":[{"__proto__":{"x":1}}]}'), {
    refused: 'malformed',
    clause: 'holds the key "__proto__"',
  });
  t.match(parse('{"\\u005f_proto__":1}'), { refused: 'malformed' }, 'written with an escape, too');
  t.match(parse('[1e999]'), { refused: 'malformed', clause: 'holds a number that is too large' });
  t.equal(({} as { x?: number }).x, undefined);
  t.end();
});
