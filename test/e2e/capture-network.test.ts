/** Cameras on the network: a real RTSP server that dies and comes back, MJPEG over HTTP, peers that misbehave. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { noCapture, rig } from '../helpers/capture-rig.js';
import { freePort } from '../helpers/mosquitto.js';
import {
  httpCamera,
  jpeg,
  listen,
  noRtspServer,
  rtspServer,
  streamMjpeg,
} from '../helpers/network-camera.js';
import { until } from '../helpers/until.js';

const noRtsp = noCapture || noRtspServer;

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

const rtsp = (port: number, path: string, transport: 'tcp' | 'udp' = 'tcp') => ({
  kind: 'rtsp' as const,
  url: `rtsp://127.0.0.1:${port}${path}`,
  transport,
  latencyMs: 100,
});

t.test('RTSP over TCP and over UDP, with the size of the camera', { skip: noRtsp }, async (t) => {
  const port = await freePort();
  await rtspServer(t, port);
  for (const transport of ['tcp', 'udp'] as const) {
    const it = await rig(rtsp(port, '/video', transport), { stallTimeoutMs: 15_000 });
    it.camera.start();
    await it.got(10);
    await it.camera.stop();
    t.match(it.frames[9], { width: 416, height: 416, sourceWidth: 640, sourceHeight: 480 }, transport);
    t.same(
      it.reports.map((report) => report.state),
      ['connecting', 'online'],
    );
  }
});

t.test('a sound track does not disturb the picture', { skip: noRtsp }, async (t) => {
  const port = await freePort();
  await rtspServer(t, port);
  const it = await rig(rtsp(port, '/both'), { stallTimeoutMs: 15_000 });
  it.camera.start();
  await it.got(20);
  await it.camera.stop();
  t.same(
    it.reports.map((report) => report.state),
    ['connecting', 'online'],
  );
});

t.test('a camera comes back when its server does', { skip: noRtsp }, async (t) => {
  const port = await freePort();
  const it = await rig(rtsp(port, '/video'), { stallTimeoutMs: 15_000 });
  it.camera.start();
  t.match(await it.reached('offline'), { error: { code: 'CAMERA_OPEN' } });
  for (let round = 1; round <= 2; round += 1) {
    const server = await rtspServer(t, port);
    await it.reached('online', round);
    await it.got(it.frames.length + 5);
    await kill(server);
    const lost = () => it.reports.filter((report) => report.error?.code === 'CAMERA_LOST').length;
    await until(() => lost() === round);
  }
  await it.camera.stop();
  t.same(
    it.frames.map((frame) => frame.sequence),
    it.frames.map((_, index) => index),
  );
});

t.test('the frame rate cap holds on a stream', { skip: noRtsp }, async (t) => {
  const port = await freePort();
  await rtspServer(t, port);
  const it = await rig(rtsp(port, '/video'), { fps: 5, stallTimeoutMs: 15_000 });
  it.camera.start();
  await it.got(12);
  await it.camera.stop();
  const [first, last] = [it.frames[1]?.capturedAtUs ?? 0, it.frames[11]?.capturedAtUs ?? 0];
  t.ok(last - first > 1_700_000, `ten frames at 5 a second took ${Math.round((last - first) / 1000)} ms`);
});

t.test('a stream that is not there is told as such', { skip: noRtsp }, async (t) => {
  const port = await freePort();
  await rtspServer(t, port);
  const it = await rig(rtsp(port, '/nosuch'));
  it.camera.start();
  t.match(await it.reached('offline'), { error: { code: 'CAMERA_OPEN', hint: /path/ } });
  await it.camera.stop();
});

t.test('a peer that accepts and says nothing, or nonsense, is given up', { skip: noCapture }, async (t) => {
  const silent = await listen(t, createServer());
  const garbage = await listen(
    t,
    createServer((socket) => socket.write('\0\xff nonsense\r\n\r\n'.repeat(1000))),
  );
  for (const port of [silent, garbage]) {
    for (const source of [rtsp(port, '/x'), { kind: 'http' as const, url: `http://127.0.0.1:${port}/` }]) {
      const it = await rig(source, { stallTimeoutMs: 2000 });
      it.camera.start();
      t.match(await it.reached('offline'), { error: { code: 'CAMERA_OPEN' } }, source.kind);
      await it.camera.stop();
    }
  }
});

t.test('MJPEG over HTTP, again after the server hangs up', { skip: noCapture }, async (t) => {
  const picture = jpeg(t, 64);
  let requests = 0;
  const url = await httpCamera(t, (_request, response) => {
    requests += 1;
    streamMjpeg(response, picture, 10);
  });
  const it = await rig({ kind: 'http', url });
  it.camera.start();
  await it.reached('online', 3);
  await it.camera.stop();
  t.ok(requests >= 3);
  t.match(it.frames[0], { sourceWidth: 64, sourceHeight: 48 });
  t.match(it.reports[2], { state: 'offline', error: { code: 'CAMERA_LOST' } });
  t.notMatch(JSON.stringify(it.reports), /secret/);
});

t.test('MJPEG, which has no rate of its own, can be capped', { skip: noCapture }, async (t) => {
  const picture = jpeg(t, 64);
  const url = await httpCamera(t, (_request, response) => streamMjpeg(response, picture));
  const it = await rig({ kind: 'http', url }, { fps: 5 });
  it.camera.start();
  await it.got(8);
  await it.camera.stop();
  const [first, last] = [it.frames[1]?.capturedAtUs ?? 0, it.frames[7]?.capturedAtUs ?? 0];
  t.ok(last - first > 1_000_000, `six frames at 5 a second took ${Math.round((last - first) / 1000)} ms`);
});

t.test('HTTP that refuses or serves something else is told as such', { skip: noCapture }, async (t) => {
  const answers: [number, string, RegExp][] = [
    [401, 'no', /password/],
    [404, 'no', /path/],
    [200, '<html>hello</html>', /\w/],
  ];
  for (const [status, body, hint] of answers) {
    const url = await httpCamera(t, (_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' });
      response.end(body);
    });
    const it = await rig({ kind: 'http', url });
    it.camera.start();
    t.match(await it.reached('offline'), { error: { code: 'CAMERA_OPEN', hint } }, String(status));
    await it.camera.stop();
  }
});
