/**
 * Ten thousand failed opens and a thousand reconnects of one camera: its process grows by less than a megabyte in all, and
 * no descriptor or thread stays. Lines of `scripts/prove cameras`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CameraChild } from './camera-child.mjs';

const PROGRAM = fileURLToPath(new URL('./camera-opens.mjs', import.meta.url));
const SERVER = fileURLToPath(new URL('./camera-server.py', import.meta.url));
/** The system's own interpreter: another one on the PATH lacks its modules. */
const PYTHON = '/usr/bin/python3';
const IMPORTS =
  "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";
/** As `supervisor/worker-host.ts` and `daemon/worker-environment.ts` start a worker. */
const NODE_OPTIONS = [
  '--expose-gc',
  '--no-incremental-marking',
  '--single-threaded-gc',
  '--max-semi-space-size=2',
];
const ALLOCATOR = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' };
const MOST_KB = 1024;
/** Each connection of a camera that works is cut after this many pictures. */
const PICTURES = 2;

/** How a camera refuses; each once in its turn. */
const REFUSALS = [
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.end(),
  (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  (socket) =>
    socket.end('RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="c", nonce="1"\r\n\r\n'),
  (socket) => socket.end('RTSP/1.0 503 Service Unavailable\r\nCSeq: 1\r\n\r\n'),
  (socket) => socket.end(Buffer.alloc(200_000, 'x')),
];

/** @param options `short` opens a tenth as often, within the same limit. */
export function run({ short = false } = {}) {
  const opens = short ? 1000 : 10_000;
  const reconnects = short ? 60 : 1000;
  let found;
  const all = () => {
    found ??= measureOpens({ opens, reconnects });
    return found;
  };
  const what = `${opens} failed opens and ${reconnects} reconnects of a camera`;
  return [
    {
      what: `${what}: growth of its process`,
      limit: '< 1 MB in all',
      measure: async () => {
        const { impossible, start, refused, end } = await all();
        if (impossible !== undefined) return { impossible };
        const [failed, came] = [refused.rssKb - start.rssKb, end.rssKb - refused.rssKb];
        const figure = `${failed} KB by failed opens, ${came} KB by reconnects (of ${start.rssKb} KB)`;
        return { figure, holds: end.rssKb - start.rssKb < MOST_KB };
      },
    },
    {
      what: `${what}: descriptors, threads and pipelines left behind`,
      limit: 'none',
      measure: async () => {
        const { impossible, start, end } = await all();
        if (impossible !== undefined) return { impossible };
        const more = (name) => end[name] - start[name];
        const figure = `${more('descriptors')} descriptors, ${more('threads')} threads, ${more('pipelines')} pipelines`;
        return { figure, holds: ['descriptors', 'threads', 'pipelines'].every((name) => more(name) <= 0) };
      },
    },
  ];
}

/**
 * What a process holds before, after the failed opens, and after the reconnects. Before the first measurement the camera has
 * failed and come back often enough that all code has run.
 */
export async function measureOpens({ opens, reconnects, warmOpens = 1500, warmReconnects = 40 }) {
  const missing = cannotRun();
  if (missing !== undefined) return { impossible: missing };
  const port = await freePort();
  const server = new CameraChild([PYTHON, SERVER, String(port)]);
  const door = new Door(port);
  try {
    await server.start();
    await server.tell({ gop: 5, hold: true });
    const camera = new OpenedCamera(`rtsp://127.0.0.1:${await door.open()}/video`, () => door.picture());
    try {
      await door.untilRefused(warmOpens);
      await door.untilCut(warmReconnects);
      await door.untilRefused(warmOpens);
      const start = await camera.measure();
      await door.untilRefused(opens);
      const refused = await camera.measure();
      await door.untilCut(reconnects);
      // As at the start: the last thing it did was to be refused.
      await door.untilRefused(20);
      const end = await camera.measure();
      return { start, refused, end };
    } finally {
      await camera.end();
    }
  } finally {
    door.close();
    await server.end();
  }
}

/** Why this machine has no RTSP server or no GStreamer; undefined when it has. */
export function cannotRun() {
  if (spawnSync('gst-launch-1.0', ['--version']).status !== 0) return 'gst-launch-1.0 is not installed';
  return spawnSync(PYTHON, ['-c', IMPORTS]).status === 0
    ? undefined
    : 'the RTSP server library for Python (gir1.2-gst-rtsp-server-1.0) is not installed';
}

async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Stands between the camera's address and its server: lets through, refuses, and cuts. */
class Door {
  #server = createServer({ allowHalfOpen: false }, (socket) => this.#taken(socket));
  #to;
  #passes = false;
  #refused = 0;
  #cut = 0;
  #pictures = 0;
  #pairs = new Set();
  #wake = () => {};

  constructor(to) {
    this.#to = to;
  }

  async open() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this.#server.address().port;
  }

  close() {
    this.#server.close();
    this.#cutAll();
  }

  async untilRefused(count) {
    this.#passes = false;
    this.#cutAll();
    const goal = this.#refused + count;
    await this.#until(() => this.#refused >= goal);
  }

  async untilCut(count) {
    this.#passes = true;
    const goal = this.#cut + count;
    await this.#until(() => this.#cut >= goal);
  }

  /** The camera has taken one; after a few its connection is cut. */
  picture() {
    this.#pictures += 1;
    if (!this.#passes || this.#pictures < PICTURES) return;
    this.#pictures = 0;
    this.#cut += 1;
    this.#cutAll();
    this.#wake();
  }

  #taken(socket) {
    socket.on('error', () => {});
    if (!this.#passes) {
      const refuse = REFUSALS[this.#refused % REFUSALS.length];
      this.#refused += 1;
      refuse(socket);
      socket.resume();
      this.#wake();
      return;
    }
    const other = connect(this.#to, '127.0.0.1');
    other.on('error', () => {});
    const pair = [socket, other];
    this.#pairs.add(pair);
    socket.pipe(other).pipe(socket);
    const gone = () => {
      this.#pairs.delete(pair);
      for (const each of pair) each.destroy();
    };
    for (const each of pair) each.on('close', gone);
  }

  #cutAll() {
    for (const pair of this.#pairs) for (const each of pair) each.destroy();
  }

  async #until(done) {
    while (!done()) {
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** The process with the camera. */
class OpenedCamera {
  #child;
  #answer = () => {};
  #said = '';

  constructor(url, onPicture) {
    const env = { ...process.env, ...ALLOCATOR, UV_THREADPOOL_SIZE: '24' };
    this.#child = spawn(process.execPath, [...NODE_OPTIONS, PROGRAM, url], {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stderr.on('data', (text) => {
      this.#said = (this.#said + text).slice(-2000);
    });
    this.#child.once('exit', (status, signal) =>
      this.#answer(new Error(`the camera's process ended with ${signal ?? status}: ${this.#said}`)),
    );
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      if (line === 'frame') onPicture();
      else this.#answer(JSON.parse(line));
    });
  }

  async measure() {
    const answer = await new Promise((resolve) => {
      this.#answer = resolve;
      this.#child.stdin.write('measure\n');
    });
    if (answer instanceof Error) throw answer;
    return answer;
  }

  async end() {
    this.#answer = () => {};
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
