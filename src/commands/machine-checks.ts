/**
 * What `detectd doctor` asks of the machine, whatever the configuration: Node, the clock, GStreamer and its
 * elements, and the native parts, which are loaded in a child process.
 */
import type { Clock } from '../base/clock.js';
import { DetectdError, type ErrorData } from '../base/errors.js';
import { type ElementSet, findElements } from '../capture/elements.js';
import type { FromProbe } from '../ipc/probe-protocol.js';
import { type ProbeOptions, probe } from '../supervisor/probe.js';
import { type Finding, failure, fault, passed } from './finding.js';

/** Loading the native parts takes seconds from a slow card. */
const RUNTIME_TIMEOUT_MS = 60_000;
/** 2025-01-01: older than any build of this program. */
const EARLIEST_WALL_MS = 1_735_689_600_000;

const BASE = 'gstreamer1.0-plugins-base';
const GOOD = 'gstreamer1.0-plugins-good';
const BAD = 'gstreamer1.0-plugins-bad';

/** GStreamer elements and what is lost without them. */
const ELEMENTS: { name: string; needed: boolean; use: string; package: string }[] = [
  { name: 'appsink', needed: true, use: 'every source', package: BASE },
  { name: 'videoconvert', needed: true, use: 'every source', package: BASE },
  { name: 'videoscale', needed: true, use: 'every source', package: BASE },
  { name: 'decodebin', needed: true, use: 'files and network cameras', package: BASE },
  { name: 'videorate', needed: false, use: 'frame rate caps', package: BASE },
  { name: 'videotestsrc', needed: false, use: 'test: sources', package: BASE },
  { name: 'rtspsrc', needed: false, use: 'rtsp: sources', package: GOOD },
  { name: 'rtph264depay', needed: false, use: 'rtsp: sources', package: GOOD },
  { name: 'v4l2src', needed: false, use: 'v4l2: sources', package: GOOD },
  { name: 'souphttpsrc', needed: false, use: 'http: sources', package: GOOD },
  { name: 'multipartdemux', needed: false, use: 'http: sources', package: GOOD },
  { name: 'jpegdec', needed: false, use: 'MJPEG', package: GOOD },
  { name: 'capssetter', needed: false, use: 'steady memory over days', package: GOOD },
  { name: 'h264parse', needed: false, use: 'H.264', package: BAD },
  { name: 'h265parse', needed: false, use: 'H.265', package: BAD },
  { name: 'avdec_h264', needed: false, use: 'H.264 without hardware', package: 'gstreamer1.0-libav' },
];
const HARDWARE = ['nvv4l2decoder', 'nvvidconv', 'nvarguscamerasrc'];

export async function* machineChecks(
  clock: Clock,
  isBoard: boolean,
  probeOptions: (timeoutMs: number) => ProbeOptions,
): AsyncGenerator<Finding, void> {
  yield nodeFinding(process.versions.node);
  yield clockFinding(clock.wallMs());
  try {
    yield* elementFindings(await findElements(), isBoard);
  } catch (error) {
    yield failure('gstreamer elements', error);
  }
  try {
    yield* runtimeFindings(await probe({ type: 'runtime' }, probeOptions(RUNTIME_TIMEOUT_MS)));
  } catch (error) {
    yield failure('native parts', error);
  }
}

export function nodeFinding(version: string): Finding {
  const major = Number(version.split('.')[0]);
  if (major >= 20) return passed('node', `version ${version}`);
  return fault('node', 'failed', `version ${version} is too old`, 'Install Node.js 20, 22 or 24.');
}

/** A board without a battery wakes up in 1970, where no certificate is valid yet. */
export function clockFinding(wallMs: number): Finding {
  const now = new Date(wallMs).toISOString();
  if (wallMs >= EARLIEST_WALL_MS) return passed('clock', now);
  return fault(
    'clock',
    'warning',
    `says ${now}; times in messages are wrong and TLS connections fail`,
    'timedatectl set-ntp true, and check that the network lets NTP through.',
  );
}

export function elementFindings(elements: ElementSet, isBoard: boolean): Finding[] {
  const findings = ELEMENTS.filter(({ name }) => !elements.has(name)).map((element) =>
    fault(
      `gstreamer element ${element.name}`,
      element.needed ? 'failed' : 'warning',
      `missing; needed for ${element.use}`,
      `apt-get install ${element.package}`,
    ),
  );
  const hardware = HARDWARE.filter((name) => elements.has(name));
  if (isBoard && hardware.length < HARDWARE.length)
    findings.push(
      fault(
        'gstreamer hardware',
        'warning',
        `${HARDWARE.filter((name) => !elements.has(name)).join(', ')} missing: the processor has to do that work`,
        'apt-get install nvidia-l4t-gstreamer, then: rm -rf ~/.cache/gstreamer-1.0',
      ),
    );
  if (findings.some(({ state }) => state === 'failed')) return findings;
  const path = hardware.length > 0 ? `hardware: ${hardware.join(', ')}` : 'decoding and scaling on the CPU';
  return [...findings, passed('gstreamer elements', path)];
}

export function runtimeFindings(answer: Extract<FromProbe, { type: 'runtime' }>): Finding[] {
  const { gstreamer, onnxruntime, pictures, systemd } = answer;
  return [
    part('gstreamer binding', gstreamer.error, 'gstreamer-superficial loads'),
    'error' in onnxruntime
      ? failure('onnxruntime', DetectdError.fromData(onnxruntime.error))
      : passed(
          'onnxruntime',
          `${onnxruntime.version}, knows the providers ${onnxruntime.providers.join(', ')}`,
        ),
    part('pictures', pictures.error, 'sharp reads and writes'),
    systemdFinding(systemd.addon),
  ];
}

function part(check: string, error: ErrorData | undefined, good: string): Finding {
  return error === undefined ? passed(check, good) : failure(check, DetectdError.fromData(error));
}

function systemdFinding(addon: boolean): Finding {
  if (addon) return passed('systemd', 'notified from the process itself (sd-notify)');
  return fault(
    'systemd',
    'warning',
    'the sd-notify addon is not installed; the systemd-notify command is run instead, for every watchdog ping',
    'apt-get install libsystemd-dev build-essential, then: npm rebuild sd-notify',
  );
}
