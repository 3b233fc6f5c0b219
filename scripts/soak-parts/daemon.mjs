/** The daemon under soak: started once, reconfigured, and watched through its log. */
import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump } from 'js-yaml';

const END_MS = 15_000;

export class SoakedDaemon {
  #folder;
  #config;
  #child;
  #log;
  #hearers = new Set();
  /** Set when it has ended; it never should. */
  ended;

  constructor(folder) {
    this.#folder = folder;
  }

  get pid() {
    return this.#child.pid;
  }

  /** `env` is added to its environment. */
  start(config, onLine, env = {}) {
    this.write(config);
    this.#hearers.add(onLine);
    this.#log = createWriteStream(join(this.#folder, 'detectd.log'));
    this.#child = spawn(process.execPath, ['dist/cli.js', 'run', '-c', this.#config], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...allocatorOfService(), ...env },
    });
    this.#child.stderr.pipe(this.#log, { end: false });
    let rest = '';
    this.#child.stdout.setEncoding('utf8').on('data', (text) => {
      this.#log.write(text);
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) if (line.startsWith('{')) this.#heard(JSON.parse(line));
    });
    this.#child.once('close', (status, signal) => {
      this.ended = `with ${signal ?? `status ${status}`}`;
      this.#heard({ msg: `ended ${this.ended}` });
    });
  }

  /** The configuration that its next reload reads: an object, or the text of the file. */
  write(config) {
    this.#config = join(this.#folder, 'detectd.yaml');
    writeFileSync(this.#config, typeof config === 'string' ? config : dump(config));
  }

  signal(signal) {
    this.#child.kill(signal);
  }

  /** The next line of its log that fits; undefined when none comes within `limitMs`. */
  line(fits, limitMs) {
    return new Promise((resolve) => {
      const end = (line) => {
        clearTimeout(late);
        this.#hearers.delete(hear);
        resolve(line);
      };
      const hear = (line) => {
        if (fits.test(line.msg)) end(line);
      };
      const late = setTimeout(() => end(undefined), limitMs);
      this.#hearers.add(hear);
    });
  }

  /** Ends it in order; its last words on what it has sent. */
  async stop() {
    if (this.#child === undefined || this.ended !== undefined) return undefined;
    const last = this.line(/^stopped$/, END_MS);
    const ended = this.line(/^ended with/, END_MS);
    this.#child.kill('SIGTERM');
    if ((await ended) === undefined) this.#child.kill('SIGKILL');
    return last;
  }

  #heard(line) {
    for (const hear of [...this.#hearers]) hear(line);
  }
}

/** How the C library keeps memory is fixed when a process starts: here as the service's unit has it. */
function allocatorOfService() {
  const unit = readFileSync('systemd/detectd.service', 'utf8');
  return Object.fromEntries(
    [...unit.matchAll(/^Environment=(MALLOC_\w+)=(\S+)$/gm)].map((match) => match.slice(1)),
  );
}
