/**
 * The real daemon, a real mosquitto, and cameras that can be made to fail, each in a network of its own: `gate` by RTSP
 * over TCP with a password, `yard` by RTSP over UDP, `door` by MJPEG over HTTP with one, `hall` by RTSP over TCP. `spare` is a
 * fifth that is not there at first.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { noRtspServer } from '../soak-parts/children.mjs';
import { SoakedDaemon } from '../soak-parts/daemon.mjs';
import { CameraBooks } from './camera-books.mjs';
import { CameraChild } from './camera-child.mjs';
import { CameraNetwork, noCameraNetwork } from './camera-network.mjs';
import { ownBroker } from './publishing-broker.mjs';

/** Debian's own interpreter: another one on the PATH lacks the system's modules. */
const PYTHON = '/usr/bin/python3';
const RTSP_PORT = 8554;
const HTTP_PORT = 8080;
/** Analysed pictures per second of each camera; they send 15. */
const FPS = 5;
const START_MS = 90_000;
const PASSWORD = 'right';
const CAMERAS = {
  gate: { protocol: 'rtsp', settings: { password: PASSWORD } },
  yard: { protocol: 'rtsp', transport: 'udp', settings: {} },
  door: { protocol: 'http', settings: { password: PASSWORD } },
  hall: { protocol: 'rtsp', settings: {} },
  spare: { protocol: 'rtsp', settings: {} },
};
/** Has a network, and is neither served nor in the configuration. */
const SPARE = 'spare';
/** The cameras that are always there. */
export const NAMES = Object.keys(CAMERAS).filter((name) => name !== SPARE);

/** Why none of this can run here; false when it can. */
export function noCameraStage() {
  if (spawnSync('mosquitto', ['-h'], { env: withSbin() }).error !== undefined)
    return 'mosquitto is not installed';
  return noCameraNetwork() || noRtspServer();
}

export class CameraStage {
  folder;
  books = new CameraBooks();
  /** By camera: its network and its server. */
  networks = new Map();
  servers = new Map();
  daemon;
  /** Why the daemon's clock cannot be set; false when it can. */
  noClock = false;
  #broker;
  #shift;
  #more = {};

  constructor(folder) {
    this.folder = folder;
  }

  /** Until every camera has given a detection. */
  async start() {
    const pictures = this.#pictures();
    for (const [index, name] of Object.keys(CAMERAS).entries()) {
      const network = new CameraNetwork(index);
      this.networks.set(name, network);
      network.start();
      const { protocol, settings } = CAMERAS[name];
      const server = new CameraChild([...network.prefix, ...program(protocol, pictures)]);
      this.servers.set(name, server);
      if (name === SPARE) continue;
      await server.start();
      await server.tell(settings);
    }
    this.#broker = await ownBroker(this.folder);
    await this.books.start(this.#broker.url);
    this.daemon = new SoakedDaemon(this.folder);
    this.daemon.start(this.#configuration(), () => {}, this.#clock());
    for (const name of NAMES)
      if (!(await this.back(name, 0, START_MS))) throw new Error(`camera ${name} gave no detection`);
  }

  /** Waits until a camera is online and has given a detection since, and since `at`; when that was. */
  back(camera, at, limitMs) {
    return this.books.first(() => {
      const online = this.books.onlineSince(camera);
      if (online === undefined) return undefined;
      return this.books.detections(camera, Math.max(at, online))[0]?.at;
    }, limitMs);
  }

  /** A camera as the configuration has it. */
  camera(name) {
    const { protocol, transport, settings } = CAMERAS[name];
    const login = settings.password === undefined ? '' : `camera:${settings.password}@`;
    const port = protocol === 'rtsp' ? RTSP_PORT : HTTP_PORT;
    const source = `${protocol}://${login}${this.networks.get(name).address}:${port}/video`;
    const how = transport === undefined ? {} : { rtsp_transport: transport };
    return { source, ...how, model: 'shapes', fps: FPS };
  }

  /** Cameras beside those that are always there, taken in by a reload. */
  add(cameras) {
    this.#more = cameras;
    this.daemon.write(this.#configuration());
    this.daemon.signal('SIGHUP');
  }

  /** The daemon's wall clock is this far from the machine's, in seconds, from now on. */
  setClock(seconds) {
    const value = Buffer.alloc(8);
    value.writeBigInt64LE(BigInt(seconds));
    writeSync(this.#shift, value, 0, 8, 0);
  }

  async close() {
    await this.daemon?.stop();
    this.books.close();
    await this.#broker?.end('SIGKILL');
    for (const server of this.servers.values()) await server.end();
    for (const network of this.networks.values()) network.end();
  }

  #configuration() {
    const cameras = NAMES.map((name) => [name, this.camera(name)]);
    return {
      device: { id: 'cameras' },
      log: { format: 'json' },
      paths: { state: join(this.folder, 'state'), cache: join(this.folder, 'cache') },
      mqtt: { broker: this.#broker.url },
      // Engines are another proof's concern, and building one would take the time of cameras.
      engines: { build: false },
      models: { shapes: { bundle: resolve('config/bundles/shapes'), threads: 1 } },
      cameras: { ...Object.fromEntries(cameras), ...this.#more },
    };
  }

  /** What gives the daemon a clock of its own, as its environment. */
  #clock() {
    const library = join(this.folder, 'clock-shim.so');
    const source = fileURLToPath(new URL('./clock-shim.c', import.meta.url));
    const built = spawnSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl']);
    if (built.status !== 0) {
      this.noClock = 'no C compiler (cc) to give the daemon a clock of its own';
      return {};
    }
    const file = join(this.folder, 'clock-shift');
    writeFileSync(file, Buffer.alloc(8));
    this.#shift = openSync(file, 'r+');
    return { LD_PRELOAD: library, DETECTD_CLOCK_SHIFT: file };
  }

  /** JPEGs for the HTTP camera: a folder for each picture and size. */
  #pictures() {
    const folder = join(this.folder, 'pictures');
    for (const [picture, pattern, count] of [
      ['moving', 'smpte horizontal-speed=8', 30],
      ['black', 'black', 1],
    ]) {
      for (const [width, height] of [
        [320, 240],
        [640, 360],
      ]) {
        const into = join(folder, `${picture}-${width}x${height}`);
        mkdirSync(into, { recursive: true });
        const caps = `video/x-raw,format=I420,width=${width},height=${height},framerate=15/1`;
        const elements = `videotestsrc num-buffers=${count} pattern=${pattern} ! ${caps} ! jpegenc ! multifilesink`;
        execFileSync('gst-launch-1.0', ['-q', ...elements.split(' '), `location=${into}/%03d.jpg`]);
      }
    }
    return folder;
  }
}

function program(protocol, pictures) {
  const file = (name) => fileURLToPath(new URL(name, import.meta.url));
  return protocol === 'rtsp'
    ? [PYTHON, file('./camera-server.py'), String(RTSP_PORT)]
    : [process.execPath, file('./mjpeg-server.mjs'), String(HTTP_PORT), pictures];
}

function withSbin() {
  return { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` };
}
