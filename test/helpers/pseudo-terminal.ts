/** A program on a terminal of its own, by util-linux' `script`: what it draws, keys for it, and another size. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Test } from 'tap';
import { until } from './until.js';

/** With these each drawing begins and ends. */
const HOME = '\x1b[H';
const ERASE_BELOW = '\x1b[J';
const HEAD = /pid=(\d+) tty=(\S+)\r\n/;

/** Why these tests cannot run here; false when they can. */
export const noTerminal: string | false = spawnSync('script', ['--version']).stdout?.includes('util-linux')
  ? false
  : 'script of util-linux is not installed';

export class PseudoTerminal {
  readonly #child: ChildProcess;
  /** All that was written to the terminal. */
  text = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
    });
  }

  get #head(): RegExpExecArray {
    return HEAD.exec(this.text) as RegExpExecArray;
  }

  /** Of the program itself. */
  get pid(): number {
    return Number(this.#head[1]);
  }

  get started(): boolean {
    return HEAD.test(this.text);
  }

  /** What is on the screen: the newest drawing that is whole, without its escape sequences. */
  get screen(): string {
    const end = this.text.lastIndexOf(ERASE_BELOW);
    const drawn = end < 0 ? '' : this.text.slice(this.text.lastIndexOf(HOME, end) + HOME.length, end);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    return drawn.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replace(/\r+\n/g, '\n');
  }

  resize(columns: number, rows: number): void {
    execFileSync('stty', ['-F', this.#head[2] as string, 'cols', `${columns}`, 'rows', `${rows}`]);
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Its exit status: 128 and the number where a signal ended it. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, 'close');
    return this.#child.exitCode;
  }
}

/** Starts a program on a terminal of that size; it ends with the test. Arguments without blanks or quotes. */
export async function onTerminal(
  t: Test,
  program: string[],
  size: { columns: number; rows: number },
  env: NodeJS.ProcessEnv = process.env,
): Promise<PseudoTerminal> {
  const { columns, rows } = size;
  const inner = `stty cols ${columns} rows ${rows}; echo pid=$$ tty=$(tty); exec ${program.join(' ')}`;
  const child = spawn('script', ['-qefc', inner, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const terminal = new PseudoTerminal(child);
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null && terminal.started)
      process.kill(terminal.pid, 'SIGKILL');
    child.stdin?.destroy();
  });
  await until(() => terminal.started);
  return terminal;
}
