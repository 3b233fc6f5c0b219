/** What the daemon records of its cameras: what starts a recording, where it is kept, and what is told of it. */
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { RepeatedFault } from '../base/repeated-fault.js';
import { recordingFolders, resolveFolders } from '../config/folders.js';
import { KEY_FRAME_S } from '../config/plan.js';
import type { CameraRecordingConfig, Config } from '../config/schema.js';
import type { DeviceEvent } from '../core/device-event.js';
import type { RecordedMoment, Recording, RecordingReason } from '../core/recording.js';
import type { OccupancyEvent, TrackEvent } from '../core/track-event.js';
import { CameraRecorder } from '../recording/camera-recorder.js';
import { PieceFolder } from '../recording/piece-folder.js';
import { RecordingShelf } from '../recording/recording-shelf.js';
import { recordingFacts, sidecar, whatHappened } from './recording-facts.js';
import { unknownCamera } from './switch-desk.js';

export interface RecordingDeskOptions {
  env: NodeJS.ProcessEnv;
  clock: Clock;
  log: Logger;
  bootId: string;
  /** Name of the device. */
  device: () => string;
  announce: (event: DeviceEvent) => void;
}

interface Recorded {
  recorder: CameraRecorder;
  pieces: PieceFolder;
  on: CameraRecordingConfig['on'];
  /** All that it was made of. */
  settings: unknown;
  wasOnline: boolean;
  onlineUs: number | undefined;
}

type Settings = Pick<Config, 'cameras' | 'recordings' | 'paths'>;

const LOOK_MS = 500;
/** A camera that is online has left something by then. */
const SILENCE_US = 15_000_000;
/** In which a camera that was online shows nothing new any more. */
const BAD: ReadonlySet<string> = new Set(['stalled', 'offline', 'frozen', 'black']);

export class RecordingDesk {
  readonly #options: RecordingDeskOptions;
  readonly #log: Logger;
  readonly #faults: RepeatedFault;
  readonly #cameras = new Map<string, Recorded>();
  #names: readonly string[] = [];
  #shelf: { shelf: RecordingShelf; settings: unknown } | undefined;
  #timer: Timer | undefined;

  constructor(options: RecordingDeskOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#log = log.child({ component: 'recordings' });
    this.#faults = new RepeatedFault({
      clock,
      report: (message, detail, count) => {
        const { camera, code, hint, reason } = detail as Record<string, string>;
        this.#log.warn({ camera, code, hint, count }, message);
        const fields = reason === undefined ? {} : { reason };
        options.announce({ type: 'recording', severity: 'warning', message, camera, code, fields });
      },
    });
  }

  /** Before the cameras are opened: where their last seconds lie is made here. Never rejects. */
  async configure(config: Settings): Promise<void> {
    this.#names = Object.keys(config.cameras);
    const { clock } = this.#options;
    const wanted = this.#wanted(config);
    for (const [name, { settings, pieces }] of this.#cameras) {
      if (isDeepStrictEqual(wanted.get(name)?.settings, settings)) continue;
      await this.#end(name);
      if (!wanted.has(name)) await pieces.clear().catch(() => {});
    }
    if (wanted.size === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
      return;
    }
    const shelf = await this.#openShelf(config);
    for (const [name, { recording, folder, settings }] of wanted) {
      if (!this.#cameras.has(name)) await this.#add(name, recording, folder, settings, config, shelf);
    }
    this.#timer ??= clock.every(LOOK_MS, () => void this.look());
  }

  /** What a new object has begun. */
  track(event: TrackEvent | OccupancyEvent): void {
    if (event.type !== 'new') return;
    const { camera, id, label, startUs } = event;
    this.#note(camera, { reason: 'object', atUs: startUs, detail: { id, label } });
  }

  /** A camera is in this state. @param error without secrets */
  camera(camera: string, state: string, error?: { message: string }): void {
    const recorded = this.#cameras.get(camera);
    if (recorded === undefined) return;
    const now = this.#options.clock.monotonicUs();
    if (state === 'online') {
      recorded.wasOnline = true;
      recorded.onlineUs ??= now;
      return;
    }
    recorded.onlineUs = undefined;
    if (!recorded.wasOnline || !BAD.has(state)) return;
    recorded.wasOnline = false;
    // It is told some seconds after the last thing that there is to see.
    const atUs = Math.min(now, recorded.recorder.newestUs ?? now);
    const detail = { state, ...(error === undefined ? {} : { message: error.message }) };
    this.#note(camera, { reason: 'camera', atUs, detail });
  }

  /** Resolves to the files when they are there. Throws COMMAND_UNKNOWN, RECORDING_UNAVAILABLE or RECORDING_DISK. */
  async record(camera: string): Promise<Record<string, unknown>> {
    if (!this.#names.includes(camera)) throw unknownCamera(camera, this.#names);
    const recorded = this.#cameras.get(camera);
    if (recorded?.on.includes('command') !== true) throw notRecorded(camera);
    const atUs = this.#options.clock.monotonicUs();
    const recordings = await recorded.recorder.record({ reason: 'command', atUs });
    return { camera, recordings: recordings.map((one) => this.#facts(one)) };
  }

  /** Takes what has come since. Never rejects. */
  async look(): Promise<void> {
    const nowUs = this.#options.clock.monotonicUs();
    await Promise.all(
      [...this.#cameras].map(async ([camera, { recorder, onlineUs }]) => {
        await recorder.look();
        const since = Math.max(onlineUs ?? nowUs, recorder.newestUs ?? 0);
        if (nowUs - since > SILENCE_US) this.#failed(camera, silent(camera), []);
      }),
    );
  }

  /** What is being recorded ends with what is there. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await Promise.all([...this.#cameras.keys()].map((name) => this.#end(name)));
  }

  #wanted(config: Settings) {
    const { kept, buffer } = recordingFolders(config, resolveFolders(config, { env: this.#options.env }));
    const recorded = Object.entries(config.cameras).flatMap(([name, { recording, enabled }]) => {
      if (recording === undefined || !enabled) return [];
      const folder = join(buffer, name);
      const settings = { recording, folder, kept, recordings: config.recordings };
      return [[name, { recording, folder, settings }] as const];
    });
    return new Map(recorded);
  }

  async #openShelf(config: Settings): Promise<RecordingShelf> {
    const { recordings } = config;
    const { kept: folder } = recordingFolders(config, resolveFolders(config, { env: this.#options.env }));
    const settings = { recordings, folder };
    if (this.#shelf !== undefined && isDeepStrictEqual(this.#shelf.settings, settings))
      return this.#shelf.shelf;
    const { max_size_mb: size, max_age_days: days, min_free_mb: free } = recordings;
    const limits = {
      maxBytes: size * 1e6,
      maxAgeMs: days === undefined ? undefined : days * 86_400_000,
      minFreeBytes: free * 1e6,
    };
    const shelf = new RecordingShelf({ folder, limits, clock: this.#options.clock });
    this.#shelf = { shelf, settings };
    try {
      const recovered = await shelf.start();
      if (recovered > 0) this.#log.info({ recovered }, 'recordings that were cut short are kept as they are');
    } catch (error) {
      this.#failed(undefined, DetectdError.from(error, 'RECORDING_DISK'), []);
    }
    return shelf;
  }

  async #add(
    camera: string,
    recording: CameraRecordingConfig,
    folder: string,
    settings: unknown,
    { recordings }: Settings,
    shelf: RecordingShelf,
  ): Promise<void> {
    const { clock } = this.#options;
    const { before_s: beforeS, after_s: afterS, on } = recording;
    const pieces = new PieceFolder({ folder, keepS: Math.ceil(beforeS) + KEY_FRAME_S, clock });
    const recorder = new CameraRecorder({
      ...{ camera, clock, pieces, shelf },
      settings: { beforeS, afterS, longestS: recordings.max_length_s },
      describe: (one, complete) => this.#sidecar(one, complete),
      onRecording: (one) => this.#recorded(one),
      onFailed: (error, moments) => this.#failed(camera, error, moments),
    });
    this.#cameras.set(camera, { recorder, pieces, on, settings, wasOnline: false, onlineUs: undefined });
    await pieces
      .start()
      .catch((error) => this.#failed(camera, DetectdError.from(error, 'RECORDING_DISK'), []));
  }

  async #end(name: string): Promise<void> {
    const recorded = this.#cameras.get(name);
    this.#cameras.delete(name);
    await recorded?.recorder.close();
  }

  #note(camera: string, moment: RecordedMoment & { reason: RecordingReason }): void {
    const recorded = this.#cameras.get(camera);
    if (recorded?.on.includes(moment.reason) === true) recorded.recorder.note(moment);
  }

  #recorded(recording: Recording): void {
    const { camera, problem, missingS } = recording;
    const facts = this.#facts(recording);
    const message = whatHappened(recording);
    const whole = problem === undefined && missingS === 0;
    this.#log[whole ? 'info' : 'warn'](facts, message);
    this.#options.announce({
      ...{ type: 'recording', severity: whole ? 'info' : 'warning', message, camera },
      code: problem?.code,
      fields: facts,
    });
  }

  #failed(camera: string | undefined, error: DetectdError, moments: readonly RecordedMoment[]): void {
    const { code, hint, message } = error;
    const of = camera === undefined ? '' : ` of camera "${camera}"`;
    const reason = moments[0]?.reason;
    this.#faults.note(`no recording${of}: ${message}`, { camera, code, hint, reason });
  }

  #facts(recording: Recording): Record<string, unknown> {
    return recordingFacts(recording, this.#options.clock);
  }

  #sidecar(recording: Recording, complete: boolean): Record<string, unknown> {
    const { bootId, device, clock } = this.#options;
    return sidecar(
      { ...recording, path: basename(recording.path) },
      { device: device(), bootId, complete },
      clock,
    );
  }
}

function notRecorded(camera: string): DetectdError {
  return new DetectdError(
    'RECORDING_UNAVAILABLE',
    `The camera "${camera}" is not recorded on command.`,
    `Give it a section "recording" whose "on" holds command, and switch it on.`,
  );
}

function silent(camera: string): DetectdError {
  return new DetectdError(
    'RECORDING_UNAVAILABLE',
    `Camera "${camera}" is online, but nothing of its stream is kept.`,
    'The log of the worker says why; is there room in "recordings.buffer", and are the elements of GStreamer there?',
  );
}
