/**
 * Cameras with which GStreamer hung so that a whole worker had to be killed. Once may be chance; one that does it again is
 * left out for a while, twice as long each time, so that it does not take the others with it over and over.
 */
import type { Clock, Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { CameraPlan, WorkerPlan } from '../core/worker-plan.js';
import type { CameraReport } from '../ipc/protocol.js';

const FIRST_MS = 60_000;
const LONGEST_MS = 30 * 60_000;
/** After this long without a hang, what was is forgotten. */
const FORGIVEN_MS = 3_600_000;

interface Blamed {
  /** Its plan in text: a camera that was configured otherwise is another one. */
  plan: string;
  hangs: number;
  lastUs: number;
  /** Runs while it is left out. */
  release: Timer | undefined;
  outMs: number;
}

export class CameraQuarantine {
  readonly #clock: Clock;
  readonly #onRelease: () => void;
  readonly #blamed = new Map<string, Blamed>();

  constructor(clock: Clock, onRelease: () => void) {
    this.#clock = clock;
    this.#onRelease = onRelease;
  }

  /** A worker with these cameras was killed because GStreamer hung with that one. */
  blame(camera: string, cameras: CameraPlan[]): void {
    const blamedPlan = cameras.find(({ name }) => name === camera);
    if (blamedPlan === undefined) return;
    const plan = JSON.stringify(blamedPlan);
    const nowUs = this.#clock.monotonicUs();
    const before = this.#blamed.get(camera);
    before?.release?.cancel();
    const again = before?.plan === plan && nowUs - before.lastUs < (FORGIVEN_MS + before.outMs) * 1000;
    const hangs = again ? before.hangs + 1 : 1;
    const outMs = hangs === 1 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (hangs - 2));
    const blamed: Blamed = { plan, hangs, lastUs: nowUs, release: undefined, outMs };
    this.#blamed.set(camera, blamed);
    if (outMs > 0)
      blamed.release = this.#clock.after(outMs, () => {
        blamed.release = undefined;
        this.#onRelease();
      });
  }

  /** The plan without those that are left out; cameras that were configured otherwise since are back in. */
  without(plan: WorkerPlan): WorkerPlan {
    for (const [name, { plan: was, release }] of this.#blamed) {
      const camera = plan.cameras.find((each) => each.name === name);
      if (camera !== undefined && JSON.stringify(camera) === was) continue;
      release?.cancel();
      this.#blamed.delete(name);
    }
    const cameras = plan.cameras.filter(({ name }) => this.#blamed.get(name)?.release === undefined);
    return cameras.length === plan.cameras.length ? plan : { ...plan, cameras };
  }

  /** Of each that is left out, since no worker will speak of it. */
  reports(): CameraReport[] {
    return [...this.#blamed]
      .filter(([, { release }]) => release !== undefined)
      .map(([camera, { hangs, outMs }]) => ({
        camera,
        state: 'offline',
        error: leftOut(camera, hangs, outMs).toData(),
        reconnects: 0,
      }));
  }

  close(): void {
    for (const { release } of this.#blamed.values()) release?.cancel();
    this.#blamed.clear();
  }
}

function leftOut(camera: string, hangs: number, outMs: number): DetectdError {
  return new DetectdError(
    'CAMERA_DECODER',
    `Camera "${camera}" is left out for ${outMs / 60_000} min: GStreamer hung with it ${hangs} times, which ended the other cameras too.`,
    'A decoder or a driver hangs: look at the camera with "detectd doctor", try another codec, or restart the machine. A change of its configuration opens it at once.',
  );
}
