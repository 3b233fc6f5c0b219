/** The real daemon as a user starts it, with a configuration of the test's own; it ends with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import type { Test } from 'tap';

export interface LogLine {
  msg: string;
  component?: string;
  pid?: number;
  code?: string;
  [field: string]: unknown;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Longer than anything that a loaded machine may need. */
const DEADLINE_MS = 60_000;

export class RunningDaemon {
  readonly folder: string;
  readonly configFile: string;
  readonly lines: LogLine[] = [];
  readonly exited: Promise<Exit>;
  stderr = '';
  readonly #child: ChildProcess;
  #wake: (() => void)[] = [];

  constructor(folder: string, configFile: string, args: string[], env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.configFile = configFile;
    const child = spawn(process.execPath, ['dist/cli.js', 'run', '-c', configFile, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) this.#take(part);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve({ code, signal });
        for (const wake of this.#wake.splice(0)) wake();
      });
    });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Process number of the worker that was started last. */
  get workerPid(): number {
    const line = this.lines.findLast(({ msg }) => msg === 'worker started');
    return line?.pid as number;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The first log line from index `from` on that fits, past or to come. */
  async line(fits: RegExp | ((line: LogLine) => boolean), from = 0): Promise<LogLine> {
    const test = typeof fits === 'function' ? fits : (line: LogLine) => fits.test(line.msg);
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const found = this.lines.slice(from).find(test);
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null || Date.now() > deadline)
        throw new Error(
          `no log line ${fits}; last: ${this.lines
            .slice(-5)
            .map(({ msg }) => msg)
            .join(' | ')} ${this.stderr}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  writeConfig(config: unknown): void {
    writeConfig(this.configFile, config);
  }

  #take(text: string): void {
    try {
      this.lines.push(JSON.parse(text) as LogLine);
    } catch {
      this.lines.push({ msg: text });
    }
    for (const wake of this.#wake.splice(0)) wake();
  }
}

export interface DaemonSetup {
  /** Merged over device, log and paths of the test's own. */
  config: Record<string, unknown>;
  args?: string[];
  env?: NodeJS.ProcessEnv;
}

export function runDaemon(t: Test, setup: DaemonSetup): RunningDaemon {
  const folder = mkdtempSync(join(tmpdir(), 'detectd-daemon-'));
  const configFile = join(folder, 'detectd.yaml');
  writeConfig(configFile, baseConfig(folder, setup.config));
  const daemon = new RunningDaemon(folder, configFile, setup.args ?? [], setup.env ?? process.env);
  t.teardown(async () => {
    daemon.signal('SIGTERM');
    const late = setTimeout(() => daemon.signal('SIGKILL'), 10_000);
    await daemon.exited;
    clearTimeout(late);
    rmSync(folder, { recursive: true, force: true });
  });
  return daemon;
}

/** `config` with what keeps a test's daemon to itself. */
export function baseConfig(folder: string, config: Record<string, unknown>): Record<string, unknown> {
  mkdirSync(folder, { recursive: true });
  return {
    device: { id: 'test-device' },
    log: { level: 'info', format: 'json' },
    paths: { state: join(folder, 'state'), cache: join(folder, 'cache') },
    // A new engine means another worker, which is not what most tests look for.
    engines: { build: false },
    // Its port is one for all.
    http: { enabled: false },
    ...config,
  };
}

function writeConfig(file: string, config: unknown): void {
  writeFileSync(file, dump(config));
}
