/** A mosquitto that a proof may kill, stop, and start again with other settings; its certificates and access lists. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './programs.mjs';

const START_MS = 10_000;
/** Nothing is kept back from a subscriber, where it would be lost with the broker. */
const OPEN_HANDED = ['max_inflight_messages 0', 'max_queued_messages 0', 'set_tcp_nodelay true'];
/** Not each packet: saying that would be most of its work. */
const LOGGED = ['error', 'warning', 'notice', 'information'].map((type) => `log_type ${type}`);

export class Broker {
  #folder;
  #child;
  port;
  settings;

  constructor(folder, port, settings) {
    this.#folder = folder;
    this.port = port;
    this.settings = settings;
  }

  get url() {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#child.pid;
  }

  /** `prefix`: a program that starts it, as `ip netns exec …`. */
  async start({ prefix = [], address = '127.0.0.1' } = {}) {
    const file = join(this.#folder, `mosquitto-${this.port}.conf`);
    // Started by root it would become another user, who cannot read our files.
    const user = process.getuid() === 0 ? ['user root'] : [];
    const lines = [
      ...user,
      ...OPEN_HANDED,
      ...LOGGED,
      'log_dest stderr',
      `listener ${this.port} ${address}`,
      ...this.settings,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const [program, ...args] = [...prefix, 'mosquitto', '-c', file];
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` },
    });
    this.#child = child;
    let said = '';
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`mosquitto did not start: ${said}`)), START_MS);
      child.stderr.setEncoding('utf8').on('data', (text) => {
        // It goes on talking, to nobody.
        if (said.length > 8192) return;
        said += text;
        if (!said.includes(' running')) return;
        clearTimeout(late);
        resolve();
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`mosquitto ended: ${said}`)));
    });
  }

  signal(signal) {
    this.#child.kill(signal);
  }

  async end(signal) {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    if (signal !== 'SIGKILL') child.kill('SIGCONT');
    await gone;
  }
}

/** A running one; `settings` are lines of its configuration. */
export async function ownBroker(folder, settings = ['allow_anonymous true']) {
  const broker = new Broker(folder, await freePort(), settings);
  await broker.start();
  return broker;
}
