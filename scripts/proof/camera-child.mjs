/** A camera's server as a program that is told what to do line by line, killed, stopped and started again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const START_MS = 20_000;
const ANSWER_MS = 30_000;

export class CameraChild {
  #command;
  #process;
  #settings = {};
  #heard = () => {};

  /** It is up when it has printed `ready`. */
  constructor(command) {
    this.#command = command;
  }

  /** With the settings that it was told last. */
  async start() {
    const [program, ...args] = this.#command;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#process = child;
    child.stdin.on('error', () => {});
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said = (said + text).slice(-8192);
    });
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) this.#heard(line);
    });
    child.once('error', (error) => this.#heard(`fault: ${error.message}`));
    child.once('exit', (status, signal) => this.#heard(`fault: it ended with ${signal ?? status}: ${said}`));
    await this.#answer('ready', START_MS);
    if (Object.keys(this.#settings).length > 0) await this.#send(this.#settings);
  }

  /** Resolves when it is done. All but `cut` holds for later starts, too. */
  async tell(settings) {
    const { cut, ...lasting } = settings;
    Object.assign(this.#settings, lasting);
    await this.#send(settings);
  }

  signal(signal) {
    this.#process.kill(signal);
  }

  async end(signal = 'SIGKILL') {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#heard = () => {};
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  async #send(settings) {
    const answer = this.#answer('ok', ANSWER_MS);
    this.#process.stdin.write(`${JSON.stringify(settings)}\n`);
    await answer;
  }

  #answer(wanted, limitMs) {
    const program = this.#command.at(-2);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${program} does not say "${wanted}"`)), limitMs);
      this.#heard = (line) => {
        if (line !== wanted && !line.startsWith('fault: ')) return;
        clearTimeout(late);
        this.#heard = () => {};
        if (line === wanted) resolve();
        else reject(new Error(`${program}: ${line.slice('fault: '.length)}`));
      };
    });
  }
}
