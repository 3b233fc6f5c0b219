/** All that a soak runs: broker, cameras, daemon, a subscriber, and the books that are kept of them. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '../proof/programs.mjs';
import { mosquitto, noRtspServer, rtspServer } from './children.mjs';
import { SoakedDaemon } from './daemon.mjs';
import { Detections } from './detections.mjs';
import { MemoryBook } from './memory-book.mjs';
import { WorkerBook } from './worker-book.mjs';

/** Frames per second of each camera: two cores have most of their time left. */
const FPS = 4;
const FIRST_DETECTION_MS = 90_000;
/** The engines of a first start are built and taken over within this; they need not be. */
const ENGINE_MS = 60_000;

export class Stage {
  folder = mkdtempSync(join(tmpdir(), 'detectd-soak-'));
  daemon = new SoakedDaemon(this.folder);
  detections = new Detections();
  workers = new WorkerBook();
  memory = new MemoryBook(join(this.folder, 'memory.csv'));
  broker;
  /** The servers of the cameras that can be cut off, by camera. */
  servers = new Map();
  /** Why none can; false when some can. */
  noServers = noRtspServer();
  /** What the daemon is to run by; reloads change it. */
  config;

  get cameras() {
    return Object.keys(this.config.cameras);
  }

  async start({ everyS }) {
    const port = await freePort();
    const file = join(this.folder, 'mosquitto.conf');
    // Started by root it would become another user.
    const user = process.getuid() === 0 ? 'user root\n' : '';
    writeFileSync(file, `${user}listener ${port} 127.0.0.1\nallow_anonymous true\n`);
    this.broker = mosquitto(file);
    await this.broker.start();
    const broker = `mqtt://127.0.0.1:${port}`;
    this.config = this.#configuration(broker, await this.#sources(), {
      http: { port: await freePort() },
      // Kills that we plan are no worker that fails again and again.
      worker: { stable_s: Math.min(60, everyS / 2) },
    });
    await this.detections.start(broker);
    this.daemon.start(this.config, (line) => this.workers.take(line));
    const tookOver = this.daemon.line(/^worker took over$/, ENGINE_MS);
    if (!(await this.detections.since(this.cameras, 0, FIRST_DETECTION_MS)))
      throw new Error('not every camera gave a detection: see detectd.log (--keep)');
    await tookOver;
  }

  look() {
    return this.memory.look({ daemon: this.daemon.pid, worker: this.workers.pid });
  }

  async close({ keep }) {
    const last = await this.daemon.stop();
    this.detections.close();
    await Promise.all([this.broker, ...this.servers.values()].map((each) => each?.end('SIGKILL')));
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
    return last?.mqtt;
  }

  async #sources() {
    const clip = this.#clip();
    const sources = { clip: { source: `file:${clip}`, loop: true }, drawn: { source: 'test:shapes?fps=10' } };
    if (this.noServers) {
      return { ...sources, gate: { source: 'test:ball?fps=15' }, yard: { source: 'test:snow?fps=15' } };
    }
    for (const camera of ['gate', 'yard']) {
      const port = await freePort();
      const server = rtspServer(port);
      await server.start();
      this.servers.set(camera, server);
      sources[camera] = { source: `rtsp://127.0.0.1:${port}/video` };
    }
    return sources;
  }

  /** A video of twelve seconds. */
  #clip() {
    const file = join(this.folder, 'clip.avi');
    const caps = 'video/x-raw,width=320,height=240,framerate=25/1';
    const pipeline = `videotestsrc num-buffers=300 pattern=ball ! ${caps} ! jpegenc ! avimux ! filesink location=${file}`;
    execFileSync('gst-launch-1.0', ['-q', ...pipeline.split(' ')]);
    return file;
  }

  #configuration(broker, sources, more) {
    const cameras = Object.entries(sources).map(([name, source]) => [name, { ...source, ...CAMERA }]);
    return {
      device: { id: 'soak' },
      log: { format: 'json' },
      paths: { state: join(this.folder, 'state'), cache: join(this.folder, 'cache') },
      mqtt: { broker },
      ...more,
      models: { shapes: { bundle: resolve('config/bundles/shapes'), threads: 1, threshold: 0.5 } },
      cameras: Object.fromEntries(cameras),
    };
  }

  /** A line for the folder that --keep leaves. */
  note(outcome) {
    appendFileSync(join(this.folder, 'faults.jsonl'), `${JSON.stringify(outcome)}\n`);
  }
}

export const CAMERA = { model: 'shapes', fps: FPS };
