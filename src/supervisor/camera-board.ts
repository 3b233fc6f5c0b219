/**
 * What the supervising process knows of each camera: its state as the worker reports it, how fast its
 * frames are analysed and how old the newest is. It outlives workers, so reconnects are counted on.
 */
import type { ErrorData } from '../base/errors.js';
import { addedDrops, type Drops, noDrops } from '../core/drops.js';
import type { CameraCounters, CameraReport, CameraState } from '../ipc/protocol.js';

export interface CameraEntry {
  camera: string;
  state: CameraState | 'disabled';
  error: ErrorData | undefined;
  /** Over all workers of this daemon. */
  reconnects: number;
  /** Analysed frames per second between the last two heartbeats. */
  fps: number | undefined;
  lastFrameAgeMs: number | undefined;
  /** Over all workers of this daemon. */
  analysed: number;
  /** Delivered and never analysed. */
  drops: Drops;
  /** Could not be analysed. */
  failed: number;
}

type Totals = Pick<CameraEntry, 'reconnects' | 'drops' | 'failed'>;

interface Row extends CameraEntry {
  /** Totals of earlier workers, whose counters start at 0 each. */
  before: Totals;
  /** When the rate was last taken, and from how many frames. */
  beat: { atUs: number; analysed: number } | undefined;
}

export class CameraBoard {
  readonly #rows = new Map<string, Row>();

  /** Sets which cameras there are; returns those that are gone. */
  configure(cameras: { name: string; enabled: boolean }[]): string[] {
    const names = new Set(cameras.map((camera) => camera.name));
    const gone = [...this.#rows.keys()].filter((name) => !names.has(name));
    for (const name of gone) this.#rows.delete(name);
    for (const { name, enabled } of cameras) {
      const row = this.#rows.get(name) ?? newRow(name);
      if (!enabled) {
        Object.assign(row, {
          state: 'disabled',
          error: undefined,
          fps: undefined,
          lastFrameAgeMs: undefined,
        });
      } else if (row.state === 'disabled') row.state = 'connecting';
      this.#rows.set(name, row);
    }
    return gone;
  }

  /** A worker ended: its cameras are being opened again, its counters become totals. */
  workerGone(): void {
    for (const row of this.#rows.values()) {
      row.before = totals(row);
      row.beat = undefined;
      row.fps = undefined;
      row.lastFrameAgeMs = undefined;
      row.error = undefined;
      if (row.state !== 'disabled') row.state = 'connecting';
    }
  }

  /** Another worker plays these from now on: its counters start at 0, all else goes on. */
  takenOver(cameras: string[]): void {
    for (const camera of cameras) {
      const row = this.#rows.get(camera);
      if (row !== undefined) row.before = totals(row);
    }
  }

  /** Takes a worker's report over; undefined when the camera is not (or no longer) ours. */
  report(report: CameraReport): CameraEntry | undefined {
    const row = this.#rows.get(report.camera);
    if (row === undefined || row.state === 'disabled') return undefined;
    row.state = report.state;
    row.error = report.error;
    row.reconnects = row.before.reconnects + report.reconnects;
    return row;
  }

  /** Whether frames of it are wanted: a worker goes on with a camera that has gone until it knows. */
  wants(camera: string): boolean {
    const state = this.#rows.get(camera)?.state;
    return state !== undefined && state !== 'disabled';
  }

  /** A frame of that camera was analysed. */
  result(camera: string): void {
    const row = this.#rows.get(camera);
    if (row !== undefined) row.analysed += 1;
  }

  /** Takes the worker's counters over; returns the cameras whose rate is known for the first time. */
  heartbeat(counters: CameraCounters[], nowUs: number): CameraEntry[] {
    this.#quietUnless(new Set(counters.map(({ camera }) => camera)));
    const fresh: CameraEntry[] = [];
    for (const { camera, drops, failed, reconnects, lastFrameAgeMs } of counters) {
      const row = this.#rows.get(camera);
      if (row === undefined || row.state === 'disabled') continue;
      const { beat, analysed } = row;
      const known = row.fps !== undefined;
      if (beat !== undefined && nowUs > beat.atUs)
        row.fps = ((analysed - beat.analysed) * 1e6) / (nowUs - beat.atUs);
      row.beat = { atUs: nowUs, analysed };
      row.drops = addedDrops(row.before.drops, drops);
      row.failed = row.before.failed + failed;
      row.reconnects = row.before.reconnects + reconnects;
      row.lastFrameAgeMs = lastFrameAgeMs ?? undefined;
      if (!known && row.fps !== undefined && row.state === 'online') fresh.push(row);
    }
    return fresh;
  }

  entries(): CameraEntry[] {
    return [...this.#rows.values()];
  }

  /** A camera that the worker has given up is in no heartbeat any more: what it did last is not what it does. */
  #quietUnless(beating: ReadonlySet<string>): void {
    for (const row of this.#rows.values())
      if (row.state === 'offline' && !beating.has(row.camera))
        Object.assign(row, { fps: 0, lastFrameAgeMs: undefined, beat: undefined });
  }
}

function totals({ reconnects, drops, failed }: CameraEntry): Totals {
  return { reconnects, drops, failed };
}

function newRow(camera: string): Row {
  return {
    camera,
    state: 'connecting',
    error: undefined,
    reconnects: 0,
    fps: undefined,
    lastFrameAgeMs: undefined,
    analysed: 0,
    drops: noDrops(),
    failed: 0,
    before: { reconnects: 0, drops: noDrops(), failed: 0 },
    beat: undefined,
  };
}
