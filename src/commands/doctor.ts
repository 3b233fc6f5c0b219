/**
 * `detectd doctor`: tries everything that a run needs, one finding per line, each with its cure. Native parts
 * and cameras are tried in child processes. The exit status is 1 when something is broken.
 */
import { hostname } from 'node:os';
import { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { ensureFolder } from '../base/writable-folder.js';
import { findElements } from '../capture/elements.js';
import { deviceId, resolveFolders } from '../config/folders.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { workerPlan } from '../config/plan.js';
import type { CameraPlan } from '../core/worker-plan.js';
import { childEnvironment } from '../health/sd-notify.js';
import { checkBroker } from '../publish/broker-check.js';
import { type ProbeOptions, probe } from '../supervisor/probe.js';
import { wholeNumber } from './arguments.js';

export interface Finding {
  check: string;
  state: 'ok' | 'warning' | 'failed';
  detail: string;
  /** What to do about it. */
  cure?: string;
  code?: string;
}

interface DoctorOptions {
  config?: string;
  json: boolean;
  timeout: number;
}

/** GStreamer elements and what is lost without them. */
const ELEMENTS: { name: string; needed: boolean; use: string; package: string }[] = [
  { name: 'appsink', needed: true, use: 'every source', package: 'gstreamer1.0-plugins-base' },
  { name: 'videoconvert', needed: true, use: 'every source', package: 'gstreamer1.0-plugins-base' },
  { name: 'videoscale', needed: true, use: 'every source', package: 'gstreamer1.0-plugins-base' },
  { name: 'videorate', needed: true, use: 'frame rate caps', package: 'gstreamer1.0-plugins-base' },
  { name: 'decodebin', needed: true, use: 'files', package: 'gstreamer1.0-plugins-base' },
  { name: 'rtspsrc', needed: false, use: 'rtsp: sources', package: 'gstreamer1.0-plugins-good' },
  { name: 'v4l2src', needed: false, use: 'v4l2: sources', package: 'gstreamer1.0-plugins-good' },
  { name: 'souphttpsrc', needed: false, use: 'http: sources', package: 'gstreamer1.0-plugins-good' },
  { name: 'jpegdec', needed: false, use: 'MJPEG', package: 'gstreamer1.0-plugins-good' },
  { name: 'h264parse', needed: false, use: 'H.264', package: 'gstreamer1.0-plugins-bad' },
  { name: 'avdec_h264', needed: false, use: 'H.264 without hardware', package: 'gstreamer1.0-libav' },
];

export function doctorCommand(io: CommandIo): Command {
  return new Command('doctor')
    .description('check this machine and a configuration, and say what to do about each fault')
    .option('-c, --config <file>', 'configuration file; without one only the machine is checked')
    .option('--json', 'print the findings as one JSON object', false)
    .option('--timeout <seconds>', 'patience with each camera and with the broker', wholeNumber, 15)
    .action((options: DoctorOptions) => doctor(io, options));
}

async function doctor(io: CommandIo, options: DoctorOptions): Promise<void> {
  const findings: Finding[] = [];
  const add = (found: Finding | Finding[]): void => {
    for (const finding of [found].flat()) {
      findings.push(finding);
      if (!options.json) io.out(line(finding));
    }
  };
  const timeoutMs = options.timeout * 1000;
  add(checkNode(process.versions.node));
  add(await checkElements());
  add(await checkRuntime(io));
  const loaded = options.config === undefined ? undefined : await checkConfig(options.config, io, add);
  if (loaded !== undefined) {
    add(await checkFolders(loaded, io));
    add(await checkMqtt(loaded, timeoutMs));
    for (const plan of workerPlan(
      loaded.config,
      resolveFolders(loaded.config, { env: io.env, uid: process.getuid?.() ?? 0 }),
      loaded.folder,
    ).cameras)
      add(await checkCamera(plan, io, timeoutMs));
  }
  const failed = findings.filter((finding) => finding.state === 'failed').length;
  if (options.json) io.out(`${JSON.stringify({ ok: failed === 0, findings })}\n`);
  if (failed > 0)
    throw new DetectdError(
      'DOCTOR_FOUND',
      `${failed} of ${findings.length} checks failed.`,
      'Each one above says what to do.',
    );
  if (!options.json) io.out(`All ${findings.length} checks passed.\n`);
}

export function checkNode(version: string): Finding {
  const major = Number(version.split('.')[0]);
  if (major >= 20) return { check: 'node', state: 'ok', detail: `version ${version}` };
  return {
    check: 'node',
    state: 'failed',
    detail: `version ${version} is too old`,
    cure: 'Install Node.js 20, 22 or 24.',
  };
}

async function checkElements(): Promise<Finding[]> {
  try {
    const elements = await findElements();
    const findings: Finding[] = ELEMENTS.filter((element) => !elements.has(element.name)).map((element) => ({
      check: `gstreamer element ${element.name}`,
      state: element.needed ? 'failed' : 'warning',
      detail: `missing; needed for ${element.use}`,
      cure: `apt-get install ${element.package}`,
    }));
    const hardware = ['nvv4l2decoder', 'nvvidconv', 'nvarguscamerasrc'].filter((name) => elements.has(name));
    const path = hardware.length > 0 ? `hardware: ${hardware.join(', ')}` : 'decoding and scaling on the CPU';
    return [...findings, { check: 'gstreamer elements', state: 'ok', detail: path }];
  } catch (error) {
    return [failure('gstreamer elements', error)];
  }
}

async function checkRuntime(io: CommandIo): Promise<Finding[]> {
  try {
    const { gstreamer, onnxruntime } = await probe({ type: 'runtime' }, probeOptions(io, 30_000));
    return [
      gstreamer.error === undefined
        ? { check: 'gstreamer binding', state: 'ok', detail: 'gstreamer-superficial loads' }
        : failure('gstreamer binding', DetectdError.fromData(gstreamer.error)),
      'error' in onnxruntime
        ? failure('onnxruntime', DetectdError.fromData(onnxruntime.error))
        : {
            check: 'onnxruntime',
            state: 'ok',
            detail: `${onnxruntime.version}, providers ${onnxruntime.providers.join(', ')}`,
          },
    ];
  } catch (error) {
    return [failure('native parts', error)];
  }
}

async function checkConfig(
  path: string,
  io: CommandIo,
  add: (finding: Finding) => void,
): Promise<LoadedConfig | undefined> {
  try {
    const loaded = await loadConfig(path, { env: io.env });
    const { cameras, models } = loaded.config;
    add({
      check: 'configuration',
      state: 'ok',
      detail: `${path}: ${Object.keys(cameras).length} cameras, ${Object.keys(models).length} models`,
    });
    return loaded;
  } catch (error) {
    add(failure('configuration', error));
    return undefined;
  }
}

async function checkFolders(loaded: LoadedConfig, io: CommandIo): Promise<Finding[]> {
  const folders = resolveFolders(loaded.config, { env: io.env, uid: process.getuid?.() ?? 0 });
  const findings: Finding[] = [];
  for (const [name, path] of [
    ['state', folders.state],
    ['cache', folders.cache],
  ] as const) {
    try {
      await ensureFolder(path, `paths.${name}`);
      findings.push({ check: `${name} folder`, state: 'ok', detail: `${path} can be written` });
    } catch (error) {
      findings.push(failure(`${name} folder`, error));
    }
  }
  return findings;
}

async function checkMqtt(loaded: LoadedConfig, timeoutMs: number): Promise<Finding> {
  const { mqtt } = loaded.config;
  if (mqtt.broker === 'embedded')
    return {
      check: 'mqtt broker',
      state: 'ok',
      detail: `embedded, on ${mqtt.embedded.host}:${mqtt.embedded.port} when the daemon runs`,
    };
  const answer = await checkBroker(mqtt, deviceId(loaded.config, hostname()), { timeoutMs });
  if (!answer.ok) return failure('mqtt broker', answer.error);
  return {
    check: 'mqtt broker',
    state: 'ok',
    detail: `round trip in ${answer.roundTripMs.toFixed(1)} ms, MQTT ${answer.protocol}`,
  };
}

async function checkCamera(plan: CameraPlan, io: CommandIo, timeoutMs: number): Promise<Finding> {
  const check = `camera ${plan.name}`;
  try {
    const answer = await probe({ type: 'camera', plan }, probeOptions(io, timeoutMs));
    return {
      check,
      state: 'ok',
      detail: `${answer.width}×${answer.height}, first frame after ${answer.openMs} ms`,
    };
  } catch (error) {
    return failure(check, error);
  }
}

function probeOptions(io: CommandIo, timeoutMs: number): ProbeOptions {
  return {
    module: new URL('../worker/probe-main.js', import.meta.url),
    env: childEnvironment(io.env),
    clock: systemClock,
    timeoutMs,
  };
}

function failure(check: string, thrown: unknown): Finding {
  const { code, message, hint } = DetectdError.from(thrown);
  return { check, state: 'failed', code, detail: message, ...(hint === undefined ? {} : { cure: hint }) };
}

function line({ check, state, detail, cure }: Finding): string {
  const mark = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ' }[state];
  return `${mark}  ${check}: ${detail}\n${cure === undefined ? '' : `         → ${cure}\n`}`;
}
