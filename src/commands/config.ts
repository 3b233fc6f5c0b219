/**
 * `detectd config check` and `detectd config show`: whether a file is good, with every problem and its place, and what
 * is in force once defaults, placeholders and documents from afar are filled in.
 */
import { Command, Option } from 'commander';
import { dump } from 'js-yaml';
import { type CommandIo, processIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { BY_COMMAND, switchedCameras } from '../config/camera-switches.js';
import { findConfig } from '../config/folders.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { ConfigError, formatProblems } from '../config/problem.js';
import { shownConfig } from '../config/show.js';
import type { DesiredScope } from '../core/desired-report.js';
import { checkDesired } from './config-desired.js';
import { loadWithDocuments, loadWithSwitches, origins } from './config-documents.js';
import { configRolloutCommand } from './config-rollout.js';

interface Options {
  config?: string;
  json?: boolean;
}

interface CheckOptions extends Options {
  desired?: string;
  scope: DesiredScope;
}

interface ShowOptions extends Options {
  local?: boolean;
  origins?: boolean;
}

export function configCommand(io: CommandIo = processIo): Command {
  const command = new Command('config').description('check a configuration file, or show what is in force');
  command
    .command('check')
    .description('report every problem of a configuration file with its line and column')
    .argument('[file]', 'configuration file; default: the one that "run" would read')
    .option('-c, --config <file>', 'the same, as the other commands have it')
    .option('--desired <document>', 'also try a desired document on it, as if it had come by MQTT')
    .addOption(
      new Option('--scope <scope>', 'whose document it is').choices(['fleet', 'device']).default('fleet'),
    )
    .option('--json', 'print one JSON object')
    .action((file: string | undefined, options: CheckOptions) => check(io, file, options));
  command
    .command('show')
    .description('print the configuration in force, defaults filled in and secrets masked')
    .argument('[file]', 'configuration file; default: the one that "run" would read')
    .option('-c, --config <file>', 'the same, as the other commands have it')
    .option('--local', 'the file alone, without documents and commands that came by MQTT')
    .option('--origins', 'print one JSON object that also says which values come from documents and commands')
    .option('--json', 'print JSON instead of YAML')
    .action((file: string | undefined, options: ShowOptions) => show(io, file, options));
  command.addCommand(configRolloutCommand(io));
  return command;
}

async function check(io: CommandIo, named: string | undefined, options: CheckOptions): Promise<void> {
  const file = await chosenFile(io, named, options);
  const { desired, scope } = options;
  try {
    if (desired !== undefined)
      return await checkDesired(io, { file, desired, scope, nowMs: Date.now() }, options.json === true);
    const loaded = await loadWithSwitches(file, io.env, (text) => io.err(`# ${text}\n`));
    const switched = switchedCameras(loaded.overlaid);
    const cameras = Object.keys(loaded.config.cameras).length;
    const models = Object.keys(loaded.config.models).length;
    if (options.json === true)
      io.out(`${JSON.stringify({ file, valid: true, cameras, models, switched, problems: [] })}\n`);
    else io.out(`${file} is valid: ${count(cameras, 'camera')}, ${count(models, 'model')}\n`);
    for (const camera of switched) {
      const now = loaded.config.cameras[camera]?.enabled === true ? 'on' : 'off';
      if (options.json !== true) io.out(`  camera "${camera}" was switched ${now} by a command\n`);
    }
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

async function show(io: CommandIo, named: string | undefined, options: ShowOptions): Promise<void> {
  const file = await chosenFile(io, named, options);
  const loaded: LoadedConfig =
    options.local === true
      ? await loadConfig(file, { env: io.env })
      : await loadWithDocuments(file, io.env, (text) => io.err(`# ${text}\n`));
  io.err(`# read from ${loaded.path}\n`);
  const shown = shownConfig(loaded);
  const from = origins(loaded);
  if (options.origins === true) {
    const leftOut = loaded.overlaid?.leftOut ?? [];
    io.out(
      `${JSON.stringify({ file: loaded.path, config: shown, origins: from, left_out: leftOut }, undefined, 2)}\n`,
    );
    return;
  }
  for (const { path, document } of from)
    io.err(`# ${path} is from ${document === BY_COMMAND ? '' : 'the document '}${document}\n`);
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
