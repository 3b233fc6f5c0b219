/**
 * `detectd doctor`: tries everything that a run needs, one finding per line, each with its cure. Native parts
 * and cameras are tried in child processes. The exit status is 1 when something is broken.
 */
import { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { findConfig, resolveFolders } from '../config/folders.js';
import { loadConfig } from '../config/load.js';
import { workerPlan } from '../config/plan.js';
import type { DeviceIdentity } from '../core/device-info.js';
import type { ModelPlan, ProviderName } from '../core/worker-plan.js';
import { loadCompatibility } from '../device/compatibility.js';
import { gpuAccess } from '../device/gpu-access.js';
import { identifyThisMachine, samplerOfThisMachine } from '../device/this-machine.js';
import { childEnvironment } from '../health/sd-notify.js';
import { VerdictMemory } from '../inference/verdict-memory.js';
import type { ProbeOptions } from '../supervisor/probe.js';
import { wholeNumber } from './arguments.js';
import { configChecks } from './config-checks.js';
import { deviceFindings, isJetson } from './device-checks.js';
import { type Finding, failure, findingText, passed } from './finding.js';
import type { Interruption } from './interruption.js';
import { machineChecks } from './machine-checks.js';
import { probeFindings, settledSample } from './probe-checks.js';
import { providerChoice, providerFindings, steppedDownFindings } from './provider-checks.js';
import { rebootFindings } from './reboot-checks.js';
import { missingFindings, servingBundles } from './serving-bundles.js';

interface DoctorOptions {
  config?: string;
  json: boolean;
  timeout: number;
}

export function doctorCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('doctor')
    .description('check this machine and a configuration, and say what to do about each fault')
    .option('-c, --config <file>', 'configuration file; by default the one that `run` would read, if any')
    .option('--json', 'print the findings as one JSON object', false)
    .option('--timeout <seconds>', 'patience with each camera and with the broker', wholeNumber(1, 600), 15)
    .action((options: DoctorOptions) => interruption.guard((signal) => doctor(io, options, signal)));
}

async function doctor(io: CommandIo, options: DoctorOptions, signal: AbortSignal): Promise<void> {
  const coloured = io.isTerminal && (io.env['NO_COLOR'] ?? '') === '';
  const findings: Finding[] = [];
  const device = await identifyThisMachine(io.env);
  for await (const finding of checks(io, device, options, signal)) {
    signal.throwIfAborted();
    findings.push(finding);
    if (!options.json) io.out(findingText(finding, coloured));
  }
  const count = (state: Finding['state']): number =>
    findings.filter((finding) => finding.state === state).length;
  const [failed, warnings] = [count('failed'), count('warning')];
  if (options.json) io.out(`${JSON.stringify({ ok: failed === 0, device, findings })}\n`);
  if (failed > 0)
    throw new DetectdError(
      'DOCTOR_FOUND',
      `${failed} of ${findings.length} checks failed.`,
      'Each one above says what to do.',
    );
  if (!options.json) io.out(`${findings.length} checks, none failed, ${warnings} with a warning.\n`);
}

async function* checks(
  io: CommandIo,
  identity: DeviceIdentity,
  { config, timeout }: DoctorOptions,
  signal: AbortSignal,
): AsyncGenerator<Finding, void> {
  const clock = systemClock;
  const child = { env: childEnvironment(io.env), clock, signal };
  const probeOptions = (timeoutMs: number): ProbeOptions => ({
    ...child,
    module: new URL('../worker/probe-main.js', import.meta.url),
    timeoutMs,
  });
  try {
    const compatibility = loadCompatibility();
    yield* deviceFindings({ identity, access: await gpuAccess(), compatibility });
  } catch (error) {
    yield failure('device', error);
  }
  const sample = await settledSample(samplerOfThisMachine(io.env, () => identity.info));
  yield* probeFindings(sample, identity.info);
  yield* machineChecks(clock, isJetson(identity), probeOptions);
  const path = config ?? (await findConfig(io.env).catch(() => undefined));
  if (path === undefined) {
    yield passed('configuration', 'none given and none found; only the machine was checked');
    return;
  }
  try {
    const loaded = await loadConfig(path, { env: io.env });
    const { cameras, models } = loaded.config;
    const [of, by] = [Object.keys(cameras).length, Object.keys(models).length];
    const counts = `${of} camera${of === 1 ? '' : 's'}, ${by} model${by === 1 ? '' : 's'}`;
    yield passed('configuration', `${path}: ${counts}`);
    yield* await rebootFindings(loaded.config.health.reboot);
    const folders = resolveFolders(loaded.config, { env: io.env });
    const memory = new VerdictMemory(folders.cache, clock);
    yield* await providerFindings(identity.info, memory);
    const choose = providerChoice(identity.info, memory);
    const providers = (model: ModelPlan): ProviderName[] => choose(model.provider).providers;
    const bundles = await servingBundles(loaded.config, folders.state).catch(DetectdError.from);
    if (bundles instanceof Map) yield* missingFindings(bundles);
    else yield failure('model store', bundles);
    const bundleOf = bundles instanceof Map ? { bundleOf: (name: string) => bundles.get(name) } : {};
    const plan = workerPlan(loaded.config, folders, loaded.folder, { providers, ...bundleOf });
    yield* steppedDownFindings(plan.models, choose);
    yield* configChecks({
      loaded,
      folders,
      plan,
      timeoutMs: timeout * 1000,
      probeOptions,
      detector: { ...child, module: new URL('../worker/detect-main.js', import.meta.url) },
    });
  } catch (error) {
    signal.throwIfAborted();
    yield failure('configuration', error);
  }
}
