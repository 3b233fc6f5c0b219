/** `detectd models`: what is done with model bundles, a file per subcommand. */
import { Command } from 'commander';
import type { CommandIo } from '../base/command-io.js';
import type { Interruption } from './interruption.js';
import { inspectCommand } from './models-inspect.js';
import { packCommand } from './models-pack.js';

type Subcommand = (io: CommandIo, interruption: Interruption) => Command;

const SUBCOMMANDS: Subcommand[] = [inspectCommand, packCommand];

export function modelsCommand(io: CommandIo, interruption: Interruption): Command {
  const command = new Command('models').description('look at model bundles, and make archives of them');
  for (const subcommand of SUBCOMMANDS) command.addCommand(subcommand(io, interruption));
  return command;
}
