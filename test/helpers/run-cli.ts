/** Runs the built program as a user would, and gives back what it said and how it ended. */
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface CliRun {
  /** null when a signal ended it. */
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** A file to write the results to, instead of giving them back. */
  stdout?: string;
  /** Called with the process right after its start. */
  onStart?: (child: ReturnType<typeof spawn>) => void;
}

/** Ends when the program and everything that holds its output has. */
export function runCli(args: string[], options: CliOptions = {}): Promise<CliRun> {
  const { env = process.env, cwd, onStart } = options;
  const stdout = options.stdout === undefined ? 'pipe' : openSync(options.stdout, 'w');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      env,
      stdio: ['ignore', stdout, 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
    });
    const said = { stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said.stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said.stderr += text;
    });
    child.once('error', reject);
    child.once('close', (status, signal) => resolve({ status, signal, ...said }));
    onStart?.(child);
  });
}
