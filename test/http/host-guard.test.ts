/** Whom a request takes us for. */
import t from 'tap';
import { isOurName } from '../../dist/http/host-guard.js';

t.test('on loopback, names of loopback are ours, with any port or none', (t) => {
  for (const header of [
    'localhost',
    'localhost:9847',
    '127.0.0.1',
    '127.0.0.1:1',
    '[::1]:9847',
    '[::1]',
    'LOCALHOST:80',
  ])
    for (const listening of ['127.0.0.1', '::1', 'localhost']) t.ok(isOurName(header, listening), header);
  t.ok(isOurName(undefined, '127.0.0.1'), 'no browser leaves it out');
  t.end();
});

t.test('on loopback, no other name is', (t) => {
  const headers = [
    'evil.example',
    'evil.example:9847',
    '127.0.0.1.evil.example',
    'localhost.evil.example:9847',
    '10.0.0.1',
    '',
    ':9847',
    '[::2]',
    'localhost:9847:1',
    '127.0.0.1@evil',
  ];
  for (const header of headers) t.notOk(isOurName(header, '127.0.0.1'), header);
  t.end();
});

t.test('open to the network, names are not known', (t) => {
  for (const listening of ['0.0.0.0', '::', '10.0.0.7', 'board.local'])
    t.ok(isOurName('board.example', listening));
  t.end();
});
