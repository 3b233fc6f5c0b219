/** `detectd engines`: what is done with cached engines, a file per subcommand. */
import { Command } from 'commander';
import type { CommandIo } from '../base/command-io.js';
import { buildCommand } from './engines-build.js';
import { explainCommand } from './engines-explain.js';
import { listCommand } from './engines-list.js';
import { pruneCommand } from './engines-prune.js';
import { verifyCommand } from './engines-verify.js';
import type { Interruption } from './interruption.js';

type Subcommand = (io: CommandIo, interruption: Interruption) => Command;

const SUBCOMMANDS: Subcommand[] = [listCommand, buildCommand, explainCommand, verifyCommand, pruneCommand];

export function enginesCommand(io: CommandIo, interruption: Interruption): Command {
  const command = new Command('engines').description(
    'build the engines of this machine, and look at those that are kept',
  );
  for (const subcommand of SUBCOMMANDS)
    command.addCommand(
      subcommand(io, interruption)
        .option('-c, --config <file>', 'configuration file of the daemon')
        .option('--json', 'print one JSON object', false),
    );
  return command;
}
