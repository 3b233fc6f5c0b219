/** What a command may touch of the process around it; injected, so that tests see every word it writes. */

export interface CommandIo {
  /** Results, to standard output. */
  out(text: string): void;
  /** Everything else, to standard error. */
  err(text: string): void;
  /** Whether standard output is a terminal. */
  isTerminal: boolean;
  /** Width of that terminal; 80 where it is not known. */
  columns?: () => number | undefined;
  /** Whether standard error is one: what moves, such as progress, is shown only there. */
  errIsTerminal: boolean;
  /** Width of that terminal; 80 where it is not known. */
  errColumns?: () => number | undefined;
  env: NodeJS.ProcessEnv;
}

export const processIo: CommandIo = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
  errIsTerminal: process.stderr.isTTY === true,
  columns: () => process.stdout.columns,
  errColumns: () => process.stderr.columns,
  env: process.env,
};
