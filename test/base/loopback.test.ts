/** Addresses that only this machine reaches. */
import t from 'tap';
import { isLoopback } from '../../dist/base/loopback.js';

t.test('loopback is 127.0.0.0/8, ::1 and localhost', (t) => {
  for (const host of ['127.0.0.1', '127.8.9.1', '::1', '0:0:0:0:0:0:0:1', 'localhost', 'LocalHost'])
    t.ok(isLoopback(host), host);
  t.end();
});

t.test('nothing else is', (t) => {
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'fe80::1', '127.0.0.1.example', 'localhost.example', ''])
    t.notOk(isLoopback(host), host);
  t.end();
});
