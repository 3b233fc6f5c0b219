/**
 * Programs beside the daemon that can be ended and started again: the broker, and an RTSP server per camera. Each has
 * a process group of its own, so that Ctrl-C reaches the soak alone, which then ends them in order.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

const RTSP_SERVER = 'test/helpers/rtsp-server.py';
/** Debian's own interpreter: another one on the PATH lacks the system's modules. */
const PYTHON = '/usr/bin/python3';
const IMPORTS =
  "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";
const START_MS = 20_000;
export const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;

/** Why no camera can be served by RTSP here; false when one can. */
export function noRtspServer() {
  if (spawnSync(PYTHON, ['-c', IMPORTS]).status === 0) return false;
  return "GStreamer's RTSP server for Python (gir1.2-gst-rtsp-server-1.0) is not installed";
}

export function rtspServer(port) {
  return new Child(PYTHON, [RTSP_SERVER, String(port)], 'ready');
}

export function mosquitto(file) {
  return new Child('mosquitto', ['-v', '-c', file], ' running');
}

class Child {
  #program;
  #args;
  #mark;
  #process;

  /** It is up when it has printed `mark`. */
  constructor(program, args, mark) {
    this.#program = program;
    this.#args = args;
    this.#mark = mark;
  }

  async start() {
    const child = spawn(this.#program, this.#args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH },
    });
    this.#process = child;
    let said = '';
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${this.#program} did not start: ${said}`)), START_MS);
      const up = (text) => {
        // It goes on talking, to nobody.
        if (said.length > 8192) return;
        said += text;
        if (!said.includes(this.#mark)) return;
        clearTimeout(late);
        resolve();
      };
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', up);
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`${this.#program} ended: ${said}`)));
    });
  }

  async end(signal) {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
}
