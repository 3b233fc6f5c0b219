/**
 * `detectd selftest`: the whole path on drawn scenes with known truth, from the camera to a subscriber behind
 * the broker. It checks the machine and the installation, not the model, and so draws scenes that any detector
 * of the shapes has to solve: plainer ones than the model was trained on.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { deviceId } from '../config/folders.js';
import { loadConfig } from '../config/load.js';
import { usedModels } from '../config/plan.js';
import { identifyThisMachine } from '../device/this-machine.js';
import { checkBroker } from '../publish/broker-check.js';
import { SHAPE_LABELS } from '../scene/shapes.js';
import { fraction, MAX_THREADS, oneOf, wholeNumber } from './arguments.js';
import { failure } from './finding.js';
import type { Interruption } from './interruption.js';
import { ProgressLine } from './progress-line.js';
import { type SelftestPlan, type SelftestPlanOptions, selftestPlan } from './selftest-config.js';
import { type SelftestReport, selftestText } from './selftest-report.js';
import { SelftestSession } from './selftest-session.js';
import { selftestError, selftestProblems } from './selftest-verdict.js';
import { requireProvider } from './trusted-providers.js';

const PROVIDERS = ['auto', 'cpu', 'cuda', 'tensorrt'] as const;
const PRECISIONS = ['fp32', 'fp16', 'int8'] as const;
/** Shipped with the program; the same place in a checkout and wherever it is installed. */
const OWN_BUNDLE = fileURLToPath(new URL('../../config/bundles/shapes', import.meta.url));
/** Where precision and recall of that model meet on plain scenes. */
const OWN_THRESHOLD = 0.5;
const BROKER_MS = 10_000;

interface SelftestOptions {
  config?: string;
  bundle?: string;
  model?: string;
  provider?: (typeof PROVIDERS)[number];
  precision?: (typeof PRECISIONS)[number];
  threads?: number;
  threshold: number;
  seconds: number;
  timeout: number;
  seed: number;
  minPrecision: number;
  minRecall: number;
  minFrames: number;
  maxLatency: number;
  json: boolean;
}

export function selftestCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('selftest')
    .description('try the whole path, camera to broker, on drawn scenes whose truth is known')
    .option('-c, --config <file>', 'use the broker of this configuration, and compute as its models do')
    .option(
      '--model <name>',
      'with -c: the model whose provider, precision and threads are used; by default the first',
    )
    .option(
      '--bundle <path>',
      'model bundle that knows the drawn shapes; by default the one that comes with detectd',
    )
    .option('--provider <name>', `execution provider: ${PROVIDERS.join(', ')}`, oneOf(PROVIDERS))
    .option('--precision <name>', `arithmetic: ${PRECISIONS.join(', ')}`, oneOf(PRECISIONS))
    .option('--threads <number>', 'CPU threads inside one inference', wholeNumber(0, MAX_THREADS))
    .option('--threshold <score>', 'least score of a detection', fraction, OWN_THRESHOLD)
    .option('--seconds <number>', 'how long, from the first detection on', wholeNumber(1, 86_400), 15)
    .option('--timeout <seconds>', 'patience until the first detection', wholeNumber(1, 3600), 120)
    .option(
      '--seed <number>',
      'the scenes: the same number draws the same ones',
      wholeNumber(0, 999_999_999),
      1,
    )
    .option('--min-precision <part>', 'least part of the detections that is right', fraction, 0.95)
    .option('--min-recall <part>', 'least part of the objects that is found', fraction, 0.95)
    .option('--min-frames <number>', 'fewest pictures analysed', wholeNumber(1, 999_999_999), 20)
    .option('--max-latency <ms>', 'longest that 99 of 100 messages may take', wholeNumber(1, 600_000), 1000)
    .option('--json', 'print the result as one JSON object', false)
    .addHelpText(
      'after',
      '\nThe scenes are plainer than those the model was trained on: large shapes that seldom meet, on a bare\n' +
        'background. They tell whether this machine computes rightly, not how good the model is.',
    )
    .action((options: SelftestOptions) => interruption.guard((signal) => selftest(io, options, signal)));
}

async function selftest(io: CommandIo, options: SelftestOptions, signal: AbortSignal): Promise<void> {
  const user = await userSettings(io, options);
  const folder = await mkdtemp(join(tmpdir(), 'detectd-selftest-'));
  try {
    const { provider, precision, threads } = options;
    const plan = selftestPlan({
      folder,
      bundle: ownOrGiven(options),
      source: `test:shapes?width=480&height=360&fps=30&seed=${options.seed}&cut=0.5&plain=1`,
      threshold: options.threshold,
      compute: {
        ...(provider === undefined ? {} : { provider }),
        ...(precision === undefined ? {} : { precision }),
        ...(threads === undefined ? {} : { threads }),
      },
      token: randomBytes(3).toString('hex'),
      ...(user === undefined ? {} : { user }),
    });
    const configFile = join(folder, 'selftest.yaml');
    await writeFile(configFile, plan.text, { mode: 0o600 });
    const { report, error } = await measure(io, plan, configFile, options, signal);
    if (options.json) io.out(`${JSON.stringify(report)}\n`);
    else if (error === undefined || report.frames > 0) io.out(selftestText(report, io.isTerminal));
    if (error !== undefined) throw error;
    if (!report.ok) throw selftestError(report.problems);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function ownOrGiven({ bundle }: SelftestOptions): string {
  return bundle === undefined ? OWN_BUNDLE : resolve(bundle);
}

/** What the configuration says about broker and model. */
async function userSettings(
  io: CommandIo,
  { config, model }: SelftestOptions,
): Promise<SelftestPlanOptions['user']> {
  if (config === undefined) {
    if (model === undefined) return undefined;
    throw new DetectdError(
      'USAGE',
      '--model names a model of a configuration.',
      'Give the configuration with -c FILE.',
    );
  }
  const loaded = await loadConfig(config, { env: io.env });
  const { models } = loaded.config;
  const name = model ?? usedModels(loaded.config)[0]?.name ?? Object.keys(models)[0] ?? '';
  const chosen = Object.hasOwn(models, name) ? models[name] : undefined;
  if (chosen === undefined)
    throw new DetectdError(
      'USAGE',
      `The configuration has no model "${name}".`,
      `It has ${Object.keys(models).join(', ')}.`,
    );
  return { config: loaded.config, device: deviceId(loaded.config, hostname()), model: chosen };
}

interface Measured {
  report: SelftestReport;
  /** What kept it from measuring. */
  error?: DetectdError;
}

async function measure(
  io: CommandIo,
  plan: SelftestPlan,
  configFile: string,
  options: SelftestOptions,
  signal: AbortSignal,
): Promise<Measured> {
  const { seconds, timeout, seed } = options;
  const clock = systemClock;
  const progress = new ProgressLine({ io, clock, total: seconds, noun: 's', worthwhile: true });
  const session = new SelftestSession({
    plan,
    configFile,
    env: io.env,
    clock,
    signal,
    measureMs: seconds * 1000,
    startMs: timeout * 1000,
    onSecond: (frames) => {
      progress.advance();
      progress.detail(`${frames} pictures`);
    },
  });
  let error: DetectdError | undefined;
  try {
    progress.detail('waiting for the first detection');
    await reachBroker(plan, signal);
    const { info: device } = await identifyThisMachine(io.env);
    const onTrial = (provider: string): void => progress.detail(`trying the provider ${provider}`);
    await requireProvider(plan.provider, { io, device, cacheFolder: plan.cacheFolder, signal, onTrial });
    await session.run();
  } catch (thrown) {
    signal.throwIfAborted();
    error = DetectdError.from(thrown);
  } finally {
    progress.close();
  }
  const figures = session.tally.figures();
  const limits = {
    precision: options.minPrecision,
    recall: options.minRecall,
    frames: options.minFrames,
    latency_ms: options.maxLatency,
  };
  const { model, workerFaults } = session;
  const outcome = {
    figures,
    labels: model?.labels,
    arithmetic: { wanted: plan.precision, used: model?.arithmetic },
    drawn: SHAPE_LABELS,
    workerFaults,
  };
  const problems = error === undefined ? selftestProblems(outcome, limits) : [failure('run', error)];
  const report: SelftestReport = {
    ok: problems.length === 0,
    ...figures,
    seconds,
    seed,
    provider: model?.provider ?? null,
    arithmetic: model?.arithmetic ?? null,
    model:
      model === undefined
        ? null
        : { bundle: ownOrGiven(options), version: model.version, digest: model.digest },
    broker: [plan.mqtt.broker].flat().join(', '),
    limits,
    problems,
  };
  return { report, ...(error === undefined ? {} : { error }) };
}

/** Brokers drop what their access rules forbid without a word; a round trip tells. */
async function reachBroker({ mqtt, device }: SelftestPlan, signal: AbortSignal): Promise<void> {
  if (mqtt.broker === 'embedded') return;
  const check = await checkBroker(mqtt, device, { timeoutMs: BROKER_MS, signal });
  if (!check.ok) throw check.error;
}
