import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import t from 'tap';
import { cameraAddress } from '../../dist/capture/camera-address.js';
import { CameraLink, type LinkOptions } from '../../dist/capture/camera-link.js';
import { StreamRefusal } from '../../dist/capture/stream-refusal.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { listen } from '../helpers/network-camera.js';
import { scriptedCamera } from '../helpers/scripted-camera.js';
import { until } from '../helpers/until.js';

function ask(url: string, options: Partial<LinkOptions> = {}) {
  const signal = new AbortController().signal;
  const all = { clock: new FakeClock(), signal, ...options };
  return CameraLink.ask(cameraAddress(url), new StreamRefusal(url), all, (link) =>
    link.request('A\r\n\r\n', 'RTSP'),
  );
}

t.test('connecting has its time, the handshake of TLS included', async (t) => {
  const clock = new FakeClock();
  const camera = await scriptedCamera(t, () => {});
  const outcome = t.rejects(ask(`rtsps://127.0.0.1:${camera.port}/`, { clock, connectMs: 2000 }), {
    code: 'CAMERA_OPEN',
    message: /nobody answers at its address within 2 s/,
  });
  await until(() => camera.connections.open === 1 && clock.pending === 1);
  clock.advance(2000);
  await outcome;
  t.equal(clock.pending, 0);
  await until(() => camera.connections.open === 0);
});

t.test('an answer has its time from its request on, and nothing of it is left', async (t) => {
  const clock = new FakeClock();
  const camera = await scriptedCamera(t, () => {});
  const outcome = t.rejects(ask(`rtsp://127.0.0.1:${camera.port}/`, { clock }), {
    message: /no answer within 3 s/,
  });
  await until(() => camera.requests.length === 1);
  clock.advance(3000);
  await outcome;
  t.equal(clock.pending, 0);
  await until(() => camera.connections.open === 0);
});

t.test('a certificate that nobody vouches for is refused before anything is asked', async (t) => {
  const folder = t.testdir();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject],
    {
      stdio: 'ignore',
    },
  );
  let asked = 0;
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    socket.on('data', () => {
      asked += 1;
    });
    socket.on('error', () => {});
  });
  server.on('tlsClientError', () => {});
  const port = await listen(t, server);
  await t.rejects(ask(`rtsps://127.0.0.1:${port}/`), {
    code: 'CAMERA_OPEN',
    message: /certificate is not trusted/,
  });
  t.equal(asked, 0);
  const plain = await scriptedCamera(t, () => {});
  plain.onConnection = (socket) => socket.end('RTSP/1.0 400 Bad Request\r\n\r\n');
  await t.rejects(ask(`rtsps://127.0.0.1:${plain.port}/`), { message: /does not speak TLS/ });
});
