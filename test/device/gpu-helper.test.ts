/** The helper's socket: answers, and everything else that may be behind a path. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { askGpuHelper } from '../../dist/device/gpu-helper.js';
import { FakeClock } from '../helpers/fake-clock.js';

/** A server at a path short enough for a socket. */
async function helper(t: Test, serve: (socket: Socket) => void): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'detectd-'));
  const path = join(folder, 's');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return path;
}

t.test('the answer is what comes until the end', async (t) => {
  const path = await helper(t, (socket) => {
    socket.write('4481 1');
    socket.end('18372K\ntotal 1K\n');
  });
  t.strictSame(await askGpuHelper({ path }), { ok: true, stdout: '4481 118372K\ntotal 1K\n' });
});

t.test('no unit, no listener, no socket', async (t) => {
  t.strictSame(await askGpuHelper({ path: join(t.testdir({}), 'none') }), {
    ok: false,
    reason: 'is not installed',
  });
  t.strictSame(await askGpuHelper({ path: join(t.testdir({ file: '' }), 'file') }), {
    ok: false,
    reason: 'is not running',
  });
});

t.test('one that is silent is given up, one that never ends too', async (t) => {
  const clock = new FakeClock();
  let connected = () => {};
  const reached = new Promise<void>((resolve) => {
    connected = resolve;
  });
  const silent = askGpuHelper({ path: await helper(t, () => connected()), clock });
  await reached;
  clock.advance(3_000);
  t.strictSame(await silent, { ok: false, reason: 'did not answer in 3000 ms' });
  const endless = await helper(t, (socket) => socket.write('1 1K\n'.repeat(100)));
  t.strictSame(await askGpuHelper({ path: endless, maxBytes: 100 }), {
    ok: false,
    reason: 'answered with more than 100 bytes',
  });
  t.equal(clock.pending, 0);
});
