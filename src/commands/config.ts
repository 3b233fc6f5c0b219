/**
 * `detectd config check` and `detectd config show`: whether a file is good, with every problem and its
 * place, and what is in force once defaults and placeholders are filled in.
 */
import { Command } from 'commander';
import { dump } from 'js-yaml';
import { type CommandIo, processIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { findConfig } from '../config/folders.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { ConfigError, formatProblems } from '../config/problem.js';
import { shownConfig } from '../config/show.js';

interface Options {
  config?: string;
  json?: boolean;
}

export function configCommand(io: CommandIo = processIo): Command {
  const command = new Command('config').description('check a configuration file, or show what is in force');
  command
    .command('check')
    .description('report every problem of a configuration file with its line and column')
    .argument('[file]', 'configuration file; default: the one that "run" would read')
    .option('-c, --config <file>', 'the same, as the other commands have it')
    .option('--json', 'print one JSON object')
    .action((file: string | undefined, options: Options) => check(io, file, options));
  command
    .command('show')
    .description('print the configuration in force, defaults filled in and secrets masked')
    .argument('[file]', 'configuration file; default: the one that "run" would read')
    .option('-c, --config <file>', 'the same, as the other commands have it')
    .option('--json', 'print JSON instead of YAML')
    .action((file: string | undefined, options: Options) => show(io, file, options));
  return command;
}

async function check(io: CommandIo, named: string | undefined, options: Options): Promise<void> {
  const file = await chosenFile(io, named, options);
  try {
    const loaded = await loadConfig(file, { env: io.env });
    const cameras = Object.keys(loaded.config.cameras).length;
    const models = Object.keys(loaded.config.models).length;
    if (options.json === true)
      io.out(`${JSON.stringify({ file, valid: true, cameras, models, problems: [] })}\n`);
    else io.out(`${file} is valid: ${count(cameras, 'camera')}, ${count(models, 'model')}\n`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (options.json === true) {
      io.out(`${JSON.stringify({ file, valid: false, code: error.code, problems: error.problems })}\n`);
    } else {
      io.out(`${formatProblems(file, error.problems)}\n`);
    }
    throw new DetectdError(error.code, `${file} has ${count(error.problems.length, 'problem')}.`, error.hint);
  }
}

async function show(io: CommandIo, named: string | undefined, options: Options): Promise<void> {
  const file = await chosenFile(io, named, options);
  const loaded: LoadedConfig = await loadConfig(file, { env: io.env });
  io.err(`# read from ${loaded.path}\n`);
  const shown = shownConfig(loaded);
  io.out(options.json === true ? `${JSON.stringify(shown, undefined, 2)}\n` : dump(shown, { lineWidth: -1 }));
}

async function chosenFile(io: CommandIo, named: string | undefined, options: Options): Promise<string> {
  if (named !== undefined && options.config !== undefined)
    throw new DetectdError(
      'USAGE',
      'The configuration file is given twice.',
      'Leave out one of FILE and -c FILE.',
    );
  return named ?? options.config ?? (await findConfig(io.env));
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
