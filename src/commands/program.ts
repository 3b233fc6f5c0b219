/** The command line as a whole: every command, its help, and errors thrown instead of exits. */
import { Command } from 'commander';
import type { CommandIo } from '../base/command-io.js';
import { printableText } from '../base/printable.js';
import { version } from '../base/version.js';
import type { Interruption } from './interruption.js';

type Load = (io: CommandIo, interruption: Interruption) => Promise<Command>;

const COMMANDS: Record<string, Load> = {
  run: async (io) => (await import('./run.js')).runCommand(io),
  detect: async (io, interruption) => (await import('./detect.js')).detectCommand(io, interruption),
  doctor: async (io, interruption) => (await import('./doctor.js')).doctorCommand(io, interruption),
  config: async (io) => (await import('./config.js')).configCommand(io),
  status: async (io, interruption) => (await import('./status.js')).statusCommand(io, interruption),
  selftest: async (io, interruption) => (await import('./selftest.js')).selftestCommand(io, interruption),
  models: async (io, interruption) => (await import('./models.js')).modelsCommand(io, interruption),
  engines: async (io, interruption) => (await import('./engines.js')).enginesCommand(io, interruption),
  bench: async (io, interruption) => (await import('./bench.js')).benchCommand(io, interruption),
};

/**
 * The program for the words typed after its name. Of the commands only the one that is meant is loaded: the
 * daemon runs for months and need not hold the others' code.
 */
export async function program(
  io: CommandIo,
  interruption: Interruption,
  typed: readonly string[],
): Promise<Command> {
  const root = new Command('detectd')
    .description('object detection daemon: cameras in, detections on MQTT')
    .version(version())
    // A command may have a --version of its own.
    .enablePositionalOptions();
  const meant = Object.entries(COMMANDS).filter(([name]) => name === typed[0]);
  for (const [, load] of meant.length > 0 ? meant : Object.entries(COMMANDS))
    root.addCommand(await load(io, interruption));
  // Settings are not inherited by commands that were made elsewhere.
  for (const command of everyCommand(root))
    command
      .exitOverride()
      .showHelpAfterError('  Run it with --help to see how it is used.')
      .configureOutput({
        writeOut: (text) => io.out(text),
        writeErr: (text) => io.err(text),
        // The same form as every other error; what was typed comes back in it.
        outputError: (text, write) => write(printableText(text.replace(/^error: /, 'USAGE: '))),
      });
  return root;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
