/** Cameras on the network, for tests: a real RTSP server, and MJPEG over HTTP. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';

const SERVER = new URL('./rtsp-server.py', import.meta.url).pathname;
/** Debian's own interpreter: another one on the PATH lacks the system's modules. */
const PYTHON = '/usr/bin/python3';
const IMPORTS =
  "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";

/** Why no RTSP server can run here; false when one can. */
export const noRtspServer: string | false =
  spawnSync(PYTHON, ['-c', IMPORTS]).status === 0
    ? false
    : 'the RTSP server library for Python (gir1.2-gst-rtsp-server-1.0) is not installed';

/** Serves `/video`, `/both` and a path for each codec until it is killed or the test ends. */
export async function rtspServer(t: Test, port: number): Promise<ChildProcess & { codecs: string[] }> {
  const child = spawn(PYTHON, [SERVER, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const [ready] = await once(child.stdout, 'data');
  const codecs = String(ready).match(/(?<=\/)\w+/g) ?? [];
  return Object.assign(child, { codecs });
}

/** Has `server` listen on loopback until the test ends; its port. */
export async function listen(t: Test, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** The address of an HTTP camera that answers with `listener`; its query is to be kept secret. */
export async function httpCamera(t: Test, listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(t, createServer(listener))}/stream?token=secret`;
}

/** A picture of `width` × 48. */
export function jpeg(t: Test, width: number): Buffer {
  const path = join(t.testdir(), 'a.jpg');
  const caps = `video/x-raw,width=${width},height=48`;
  const pattern = ['videotestsrc', 'num-buffers=1', '!', caps, '!', 'jpegenc'];
  execFileSync('gst-launch-1.0', ['-q', ...pattern, '!', 'filesink', `location=${path}`]);
  return readFileSync(path);
}

/** Answers with `picture` 50 times a second: `count` times, then it hangs up, or until the client does. */
export function streamMjpeg(
  response: ServerResponse,
  picture: Buffer,
  count = Number.POSITIVE_INFINITY,
): void {
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
  let sent = 0;
  const timer = setInterval(() => {
    response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`);
    response.write(picture);
    response.write('\r\n');
    sent += 1;
    if (sent < count) return;
    clearInterval(timer);
    response.destroy();
  }, 20);
  response.on('close', () => clearInterval(timer));
}
