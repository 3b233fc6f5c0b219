/** `detectd models`: what is done with model bundles, a file per subcommand. */
import { Command } from 'commander';
import type { CommandIo } from '../base/command-io.js';
import type { Interruption } from './interruption.js';
import { inspectCommand } from './models-inspect.js';
import { installCommand, rollbackCommand } from './models-install.js';
import { keysCommand } from './models-keys.js';
import { historyCommand, listCommand } from './models-list.js';
import { packCommand } from './models-pack.js';
import { sendCommand } from './models-send.js';
import { signCommand } from './models-sign.js';
import { verifyCommand } from './models-verify.js';

type Subcommand = (io: CommandIo, interruption: Interruption) => Command;

const SUBCOMMANDS: Subcommand[] = [
  listCommand,
  installCommand,
  rollbackCommand,
  historyCommand,
  inspectCommand,
  packCommand,
  signCommand,
  verifyCommand,
  keysCommand,
  sendCommand,
];

export function modelsCommand(io: CommandIo, interruption: Interruption): Command {
  const command = new Command('models').description(
    'change models and go back; look at bundles, make archives of them, sign them',
  );
  for (const subcommand of SUBCOMMANDS) command.addCommand(subcommand(io, interruption));
  return command;
}
