import t from 'tap';
import { compareVersions, isOrdered, newerVersion } from '../../dist/models/version-order.js';

/** Older first. */
const ROWS = [
  ['1.2.9', '1.2.10'],
  ['1.9', '1.10'],
  ['1.0', '1.0.1'],
  ['2', '10'],
  ['1.0.0-rc.1', '1.0.0'],
  ['1.0.0-alpha', '1.0.0-alpha.1'],
  ['1.0.0-alpha.1', '1.0.0-alpha.beta'],
  ['1.0.0-alpha.beta', '1.0.0-beta'],
  ['1.0.0-beta.2', '1.0.0-beta.11'],
  ['1.0.0-beta.11', '1.0.0-rc.1'],
  ['v1.3', '1.4'],
  ['2026.01.09', '2026.1.10'],
  ['99999999999999999998', '99999999999999999999'],
  ['1.99999999999999999999', '2'],
  ['0.0.0.0.0.0.0.1', '0.1'],
];

t.test('dotted numbers are ordered by value, pre-releases below their release', (t) => {
  for (const [older, newer] of ROWS as [string, string][]) {
    t.ok((compareVersions(older, newer) ?? 0) < 0, `${older} < ${newer}`);
    t.ok((compareVersions(newer, older) ?? 0) > 0, `${newer} > ${older}`);
  }
  t.end();
});

t.test('what is written otherwise is the same version', (t) => {
  for (const [a, b] of [
    ['1.3', '1.3.0'],
    ['v1.3.0', '1.3.0'],
    ['1.03', '1.3'],
    ['1.0.0+build.5', '1.0.0'],
    ['3f9ac0', '3f9ac0'],
  ] as [string, string][])
    t.equal(compareVersions(a, b), 0, `${a} = ${b}`);
  t.end();
});

t.test('a version without that form has no order', (t) => {
  for (const odd of [
    '',
    'latest',
    '1..2',
    '1.',
    '.1',
    '1.x',
    '1 2',
    '-1',
    `1.${'0'.repeat(300)}`,
    '1.2.3.4.5.6.7.8.9',
  ]) {
    t.notOk(isOrdered(odd), JSON.stringify(odd.slice(0, 20)));
    t.equal(compareVersions(odd, '1.0'), undefined);
    t.equal(compareVersions('1.0', odd), undefined);
  }
  t.end();
});

t.test('of two versions the newer one is remembered, and rather one that has an order', (t) => {
  t.equal(newerVersion('1.9', '1.10'), '1.10');
  t.equal(newerVersion('1.10', '1.9'), '1.10');
  t.equal(newerVersion(undefined, '1.9'), '1.9');
  t.equal(newerVersion('1.9', undefined), '1.9');
  t.equal(newerVersion(undefined, undefined), undefined);
  t.equal(newerVersion('latest', '1.0'), '1.0');
  t.equal(newerVersion('1.0', 'latest'), '1.0');
  t.end();
});
