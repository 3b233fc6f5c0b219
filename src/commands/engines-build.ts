/**
 * `detectd engines build`: builds now what a daemon would build in the background, for a configuration or for one
 * bundle: on a board before it is mounted, or in an image.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError, type ErrorData } from '../base/errors.js';
import { ensureFolder } from '../base/writable-folder.js';
import type { StepDown } from '../core/provider-verdict.js';
import type { Precision, ProviderName } from '../core/worker-plan.js';
import { identifyThisMachine } from '../device/this-machine.js';
import { childEnvironment } from '../health/sd-notify.js';
import { BuilderHost } from '../supervisor/builder-host.js';
import { oneOf, wholeNumber } from './arguments.js';
import { type CachePlace, cachePlace, configuredCache } from './configured-cache.js';
import { buildEngines, type EngineOrder, type EngineOutcome } from './engine-builds.js';
import { BuildReport } from './engines-build-report.js';
import { previewEngines } from './engines-preview.js';
import { frameFormat } from './frame-format.js';
import type { Interruption } from './interruption.js';
import { trustedProviders } from './trusted-providers.js';
import { servingModels, type WantedModel, wantedEngines } from './wanted-engines.js';

export interface BuildCommandOptions {
  config?: string;
  json: boolean;
  bundle?: string;
  model?: string;
  provider?: ProviderName | 'auto';
  precision?: Precision;
  mode?: 'live' | 'exact';
  maxBatch?: number;
  again: boolean;
  dryRun: boolean;
}

const ONLY_WITH_BUNDLE = ['provider', 'precision', 'mode', 'maxBatch'] as const;

export function buildCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('build')
    .description('build the engines that the configuration, or one bundle, wants on this machine')
    .option('--bundle <path>', 'build for this bundle instead of the models of the configuration')
    .option('--model <name>', 'only for this model of the configuration')
    .option(
      '--provider <name>',
      'with --bundle: auto (the best that works), tensorrt, cuda, cpu',
      oneOf(['auto', 'tensorrt', 'cuda', 'cpu'] as const),
    )
    .option('--precision <name>', 'with --bundle: fp32, fp16, int8', oneOf(['fp32', 'fp16', 'int8'] as const))
    .option(
      '--mode <name>',
      'with --bundle: live (pictures scaled by the camera) or exact',
      oneOf(['live', 'exact'] as const),
    )
    .option('--max-batch <number>', 'with --bundle: pictures at once', wholeNumber(1, 64))
    .option('--again', 'try even what was refused or has failed before', false)
    .option('--dry-run', 'only tell which engines are wanted, and whether they are there', false)
    .action((options: BuildCommandOptions) => interruption.guard((signal) => build(io, options, signal)));
}

async function build(io: CommandIo, options: BuildCommandOptions, signal: AbortSignal): Promise<void> {
  requireUsage(options);
  const { models, place } = await wantedModels(io, options);
  const { folder: cacheFolder, maxBytes, keep } = place;
  const scratchFolder = await mkdtemp(join(tmpdir(), 'detectd-'));
  const report = new BuildReport({ io, clock: systemClock, json: options.json });
  try {
    const [{ info: device }, format] = await Promise.all([identifyThisMachine(io.env), frameFormat()]);
    if (!options.dryRun) await ensureFolder(cacheFolder, 'paths.cache');
    const trust = await trustedProviders({
      ...{ io, device, cacheFolder, signal },
      settings: options.dryRun ? [] : models.map(({ plan }) => plan.provider),
      again: options.again && !options.dryRun,
      onTrial: (provider) => report.note(`trying the provider ${provider}`),
    });
    const stepsDown = models.flatMap(({ plan }) =>
      trust.choose(plan.provider).stepsDown.map((step) => ({ model: plan.name, ...step })),
    );
    const { wanted, problems } = await wantedEngines(models, {
      ...{ device, format, scratchFolder },
      // Before they were tried, a preview tells what would be built if they are good.
      providers: ({ provider }) => {
        const { providers, untried } = trust.choose(provider);
        return options.dryRun ? [...untried, ...providers] : providers;
      },
    });
    report.stepsDown(stepsDown);
    requireNamed(options, stepsDown);
    if (options.dryRun) {
      const preview = await previewEngines(wanted, place.cache, cacheFolder, signal);
      report.preview(preview, stepsDown, problems);
      throwFirst(problems, []);
      return;
    }
    const orders = wanted.flatMap(({ plan, choices: [best] }): EngineOrder[] =>
      best === undefined ? [] : [{ model: plan, wish: best.wish }],
    );
    report.begin(orders.length);
    const outcomes = await buildEngines(orders, {
      builder: ({ model, wish }, onProgress) =>
        new BuilderHost({
          module: new URL('../builder/main.js', import.meta.url),
          env: childEnvironment(io.env),
          stdout: 2,
          clock: systemClock,
          onProgress,
          job: {
            ...{ model, wish, device, cacheFolder, maxBytes, keep },
            maxBatch: wish.maxBatch ?? 1,
            again: options.again,
          },
        }),
      signal,
      onWork: (order, text, part, progress) => report.work(order, text, part, progress),
      onOutcome: (outcome) => report.outcome(outcome),
    });
    report.end(outcomes, stepsDown, problems);
    throwFirst(problems, outcomes);
  } finally {
    report.close();
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

function requireUsage(options: BuildCommandOptions): void {
  if (options.bundle !== undefined) {
    if (options.model === undefined) return;
    throw new DetectdError('USAGE', '--model names a model of the configuration, --bundle is none of it.');
  }
  const wrong = ONLY_WITH_BUNDLE.find((name) => options[name] !== undefined);
  if (wrong === undefined) return;
  const flag = `--${wrong.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new DetectdError(
    'USAGE',
    `${flag} goes with --bundle only.`,
    'For the models of a configuration it is set there.',
  );
}

async function wantedModels(
  io: CommandIo,
  options: BuildCommandOptions,
): Promise<{ models: WantedModel[]; place: CachePlace }> {
  const { bundle, model, provider = 'auto', precision = 'fp32', mode = 'live' } = options;
  if (bundle !== undefined) {
    const name = basename(resolve(bundle)).replace(/\.(tar\.gz|tgz)$/, '');
    const { maxBatch } = options;
    const how = { provider, precision, threads: 0, ...(maxBatch === undefined ? {} : { maxBatch }) };
    const plan = { name, bundle: resolve(bundle), threshold: 0.5, ...how };
    return { models: [{ plan, modes: [mode] }], place: await cachePlace(io, options.config) };
  }
  const place = await configuredCache(io, options.config);
  const all = await servingModels(place.config, place.state);
  const models = all.filter(({ plan }) => model === undefined || plan.name === model);
  if (models.length > 0) return { models, place };
  throw new DetectdError(
    'USAGE',
    `The configuration has no model ${JSON.stringify(model)}.`,
    `It has ${all.map(({ plan }) => plan.name).join(', ')}.`,
  );
}

/** Who names a provider on the command line wants that one and no other. */
function requireNamed({ provider }: BuildCommandOptions, stepsDown: readonly StepDown[]): void {
  const step = stepsDown.find((each) => each.provider === provider);
  if (step === undefined) return;
  throw new DetectdError(
    'PROVIDER_UNAVAILABLE',
    `No engine is built for ${step.provider}: ${step.reason}`,
    '"detectd doctor" shows what is installed; --again tries it once more.',
  );
}

function throwFirst(problems: readonly { error: ErrorData }[], outcomes: readonly EngineOutcome[]): void {
  const errors = [...problems.map(({ error }) => error), ...outcomes.flatMap(({ error }) => error ?? [])];
  const [first] = errors;
  if (first === undefined) return;
  if (errors.length === 1) throw DetectdError.fromData(first);
  throw new DetectdError(first.code, `${first.message} (And ${errors.length - 1} more.)`, first.hint);
}
