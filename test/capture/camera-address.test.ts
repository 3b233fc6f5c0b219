import t from 'tap';
import { cameraAddress } from '../../dist/capture/camera-address.js';

t.test('an address is taken apart, with the port that its scheme has', (t) => {
  t.same(cameraAddress('rtsp://u:p%40%3a@10.0.0.7:8554/a/b?c=d#e'), {
    host: '10.0.0.7',
    port: 8554,
    encrypted: false,
    credentials: { user: 'u', password: 'p@:' },
    plain: 'rtsp://10.0.0.7:8554/a/b?c=d#e',
    path: '/a/b?c=d#e',
  });
  t.match(cameraAddress('rtsps://cam'), {
    host: 'cam',
    port: 322,
    encrypted: true,
    path: '/',
    plain: 'rtsps://cam',
  });
  t.match(cameraAddress('https://[fe80::1]/x'), { host: 'fe80::1', port: 443, encrypted: true });
  t.match(cameraAddress('http://[::1]:81?q'), { host: '::1', port: 81, path: '/?q' });
  t.end();
});

t.test('user and password as people write them', (t) => {
  const of = (userinfo: string) => cameraAddress(`rtsp://${userinfo}@h/x`).credentials;
  t.same(of('admin'), { user: 'admin', password: '' });
  t.same(of('admin:100%'), { user: 'admin', password: '100%' }, 'a percent sign of its own');
  t.same(of('a:b:c'), { user: 'a', password: 'b:c' });
  t.same(of('a:p@ss'), { user: 'a', password: 'p@ss' }, 'up to the last @');
  t.equal(cameraAddress('rtsp://h/x').credentials, undefined);
  t.end();
});
