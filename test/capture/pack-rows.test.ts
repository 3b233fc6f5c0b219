import t from 'tap';
import { packRows, padRows } from '../../dist/capture/pack-rows.js';

t.test('a picture without padding is passed on as it is', (t) => {
  const data = new Uint8Array(4 * 2 * 3);
  t.equal(packRows(data, 4, 2, 'RGB'), data);
  t.end();
});

t.test('padding at the end of rows is taken out', (t) => {
  // 3 pixels of RGB are 9 bytes, padded to 12.
  const data = Uint8Array.from([...Array(9).fill(1), 0, 0, 0, ...Array(9).fill(2), 0, 0, 0]);
  const packed = packRows(data, 3, 2, 'RGB');
  t.same([...packed], [...Array(9).fill(1), ...Array(9).fill(2)]);
  t.equal(packed.buffer.byteLength, 18);
  t.end();
});

t.test('bytes that do not fit the size are refused', (t) => {
  const cases: [number, number, number, string][] = [
    [23, 4, 2, 'RGB'],
    [22, 4, 2, 'RGB'],
    [0, 4, 2, 'RGB'],
    [24, 4, 2, 'I420'],
    [24, 4, 2, 'undefined'],
  ];
  for (const [bytes, width, height, format] of cases) {
    t.throws(() => packRows(new Uint8Array(bytes), width, height, format), { code: 'CAMERA_LOST' });
  }
  t.end();
});

t.test('rows are padded for a picture that goes the other way', (t) => {
  const data = Uint8Array.from([...Array(9).fill(1), ...Array(9).fill(2)]);
  const padded = padRows(data, 3, 2, 'RGB');
  t.same([...padded], [...Array(9).fill(1), 0, 0, 0, ...Array(9).fill(2), 0, 0, 0]);
  t.same(packRows(padded, 3, 2, 'RGB'), data);
  const even = new Uint8Array(4 * 2 * 3);
  t.equal(padRows(even, 4, 2, 'RGB'), even);
  t.end();
});
