/** The command line as a whole: every command, its help, and errors thrown instead of exits. */
import { Command } from 'commander';
import type { CommandIo } from '../base/command-io.js';
import { printableText } from '../base/printable.js';
import { version } from '../base/version.js';
import { benchCommand } from './bench.js';
import { configCommand } from './config.js';
import { detectCommand } from './detect.js';
import { doctorCommand } from './doctor.js';
import type { Interruption } from './interruption.js';
import { runCommand } from './run.js';
import { statusCommand } from './status.js';

export function program(io: CommandIo, interruption: Interruption): Command {
  const root = new Command('detectd')
    .description('object detection daemon: cameras in, detections on MQTT')
    .version(version());
  for (const command of [
    runCommand(io),
    detectCommand(io, interruption),
    doctorCommand(io, interruption),
    configCommand(io),
    statusCommand(io),
    benchCommand(io, interruption),
  ])
    root.addCommand(command);
  // Settings are not inherited by commands that were made elsewhere.
  for (const command of [root, ...root.commands, ...root.commands.flatMap((child) => child.commands)])
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
