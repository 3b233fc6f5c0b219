/**
 * Whose word counts, camera by camera, while one worker takes over from another: each camera has one owner at any
 * time, and nothing that the other one says of it gets through. Pure on what it is told.
 */

import { type CameraState, delivers } from '../core/camera-state.js';
import { endsByItself, opensTwice } from '../core/source.js';
import type { CameraPlan } from '../core/worker-plan.js';
import type { CameraReport, WorkerMessage } from '../ipc/protocol.js';

interface Row {
  owner: 'old' | 'next';
  /** As the old worker sees it. */
  state: CameraState;
  /** The next worker has opened it and may take it over. */
  awaited: boolean;
  /** The last that the next worker said of it, kept until it is the owner. */
  held: CameraReport | undefined;
}

export interface Outcome {
  /** To be passed on, in this order. */
  pass: WorkerMessage[];
  /** Has gone to the next worker with this. */
  taken?: string;
  /** Cannot be played by both: the next worker must wait for the old one's end. */
  refused?: string;
}

const NOTHING: Outcome = { pass: [] };

/**
 * Whether the next worker may open it beside the old one. A file that ends would start over, and where every frame
 * counts none may be dropped for coming too late.
 */
export function canShare({ source, loop, everyFrame }: CameraPlan): boolean {
  return opensTwice(source) && (!endsByItself(source) || (loop && !everyFrame));
}

export class CameraOwners {
  readonly #rows = new Map<string, Row>();

  /** @param cameras those that the next worker shall have; @param old state of those that the old one has */
  constructor(cameras: CameraPlan[], old: ReadonlyMap<string, CameraState>) {
    for (const camera of cameras) {
      const state = old.get(camera.name);
      this.#rows.set(camera.name, {
        owner: state === undefined ? 'next' : 'old',
        state: state ?? 'connecting',
        awaited: state !== undefined && canShare(camera),
        held: undefined,
      });
    }
  }

  /** Whether a camera that both play has not gone over yet. */
  get waiting(): boolean {
    return [...this.#rows.values()].some(({ awaited }) => awaited);
  }

  /** Cameras of the old worker, or those of the next. */
  of(owner: 'old' | 'next'): string[] {
    return [...this.#rows].filter(([, row]) => row.owner === owner).map(([camera]) => camera);
  }

  /** What of an old worker's message is to be passed on. */
  fromOld(message: WorkerMessage): WorkerMessage[] {
    switch (message.type) {
      case 'result':
        return this.#row(message.result.camera)?.owner === 'old' ? [message] : [];
      case 'camera': {
        const row = this.#row(message.report.camera);
        if (row === undefined) return [];
        row.state = message.report.state;
        return row.owner === 'old' ? [message] : [];
      }
      case 'heartbeat': {
        const cameras = message.cameras.filter(({ camera }) => this.#row(camera)?.owner === 'old');
        return [{ ...message, cameras }];
      }
      default:
        return [];
    }
  }

  /** What of the next worker's message is to be passed on, and what follows from it. */
  fromNext(message: WorkerMessage): Outcome {
    if (message.type === 'result') {
      const { camera } = message.result;
      const row = this.#row(camera);
      if (row === undefined) return NOTHING;
      if (row.owner === 'next') return { pass: [message] };
      if (!row.awaited) return NOTHING;
      // Here it works, whatever may have been the matter with it before.
      const taken = this.#take(camera, row);
      return { ...taken, pass: [...taken.pass, message] };
    }
    if (message.type !== 'camera') return NOTHING;
    const { camera, state } = message.report;
    const row = this.#row(camera);
    if (row === undefined) return NOTHING;
    if (row.owner === 'next') return { pass: [message] };
    if (!row.awaited) return NOTHING;
    row.held = message.report;
    // What the old worker has no pictures of cannot be interrupted.
    if (state !== 'connecting' && !delivers(row.state)) return this.#take(camera, row);
    if (state !== 'offline' && state !== 'ended') return NOTHING;
    row.awaited = false;
    row.held = undefined;
    return { pass: [], refused: camera };
  }

  /** The old worker is gone: what the next one has said of the cameras that it owns only now. */
  takeRest(): WorkerMessage[] {
    return this.of('old').flatMap((camera) => this.#take(camera, this.#row(camera) as Row).pass);
  }

  #row(camera: string): Row | undefined {
    return this.#rows.get(camera);
  }

  #take(camera: string, row: Row): Outcome {
    const { held } = row;
    Object.assign(row, { owner: 'next', awaited: false, held: undefined });
    return { pass: held === undefined ? [] : [{ type: 'camera', report: held }], taken: camera };
  }
}
