#!/usr/bin/env node
/** Entry of the program: one command, its exit status, and every error as code, sentence and way out. */
import { CommanderError } from 'commander';
import { processIo } from './base/command-io.js';
import { EXIT_USAGE } from './base/error-codes.js';
import { DetectdError } from './base/errors.js';
import { isJournal, journalPriority } from './base/journal-stream.js';
import { printableText } from './base/printable.js';
import { Interrupted, Interruption } from './commands/interruption.js';
import { program } from './commands/program.js';

const io = processIo;

/** Says what is wrong and returns the exit status. */
function tell(thrown: unknown): number {
  if (thrown instanceof Interrupted) return thrown.exitStatus;
  // commander has printed its message or the help already.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT_USAGE;
  const error = DetectdError.from(thrown);
  const lines = [`${error.code}: ${error.message}\n`];
  if (error.hint !== undefined) lines.push(`  ${error.hint}\n`);
  if (error.code === 'INTERNAL' && error.cause instanceof Error) lines.push(`${error.cause.stack}\n`);
  const text = printableText(lines.join(''));
  io.err(isJournal(2) ? text.replace(/^(?=.)/gm, `<${journalPriority(50)}>`) : text);
  return error.exitStatus;
}

const interruption = new Interruption(process, (thrown) => process.exit(tell(thrown)));
interruption.start();
try {
  const typed = process.argv.slice(2);
  const root = await program(io, interruption, typed);
  await root.parseAsync(typed, { from: 'user' });
} catch (thrown) {
  process.exitCode = tell(thrown);
}
// Sockets and timers of a command that failed midway must not hold the program.
process.exit();
