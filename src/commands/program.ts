/** The command line as a whole: every command, its help, and errors thrown instead of exits. */
import { Command } from 'commander';
import type { CommandIo } from '../base/command-io.js';
import { version } from '../base/version.js';
import { benchCommand } from './bench.js';
import { configCommand } from './config.js';
import { detectCommand } from './detect.js';
import { doctorCommand } from './doctor.js';
import { runCommand } from './run.js';
import { statusCommand } from './status.js';

export function program(io: CommandIo): Command {
  const root = new Command('detectd')
    .description('object detection daemon: cameras in, detections on MQTT')
    .version(version())
    .showHelpAfterError('Run it with --help to see how it is used.');
  for (const command of [
    runCommand(io),
    detectCommand(io),
    doctorCommand(io),
    configCommand(io),
    statusCommand(io),
    benchCommand(io),
  ])
    root.addCommand(command);
  // Settings are not inherited by commands that were made elsewhere.
  for (const command of [root, ...root.commands, ...root.commands.flatMap((child) => child.commands)])
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) });
  return root;
}
