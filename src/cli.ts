#!/usr/bin/env node
/** Entry of the program: one command, its exit status, and every error as code, sentence and way out. */
import { CommanderError } from 'commander';
import { processIo } from './base/command-io.js';
import { EXIT_USAGE } from './base/error-codes.js';
import { DetectdError } from './base/errors.js';
import { program } from './commands/program.js';

const io = processIo;
// A reader that closes the pipe (`| head`) has had enough; that is no fault.
process.stdout.on('error', () => process.exit(0));

try {
  await program(io).parseAsync(process.argv);
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    // commander has printed its message or the help already.
    process.exitCode = thrown.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    const error = DetectdError.from(thrown);
    io.err(`${error.code}: ${error.message}${error.hint === undefined ? '' : `\n  ${error.hint}`}\n`);
    if (error.code === 'INTERNAL' && error.cause instanceof Error) io.err(`${error.cause.stack}\n`);
    process.exitCode = error.exitStatus;
  }
}
// Sockets and timers of a command that failed midway must not hold the program.
process.exit();
