/**
 * What the supervising process knows of each camera: its state as the worker reports it, how fast its
 * frames are analysed and how old the newest is. It outlives workers, so reconnects are counted on.
 */
import type { Clock } from '../base/clock.js';
import type { ErrorData } from '../base/errors.js';
import { delivers, type ShownState } from '../core/camera-state.js';
import { addedDrops, type Drops, noDrops } from '../core/drops.js';
import type { CameraCounters, CameraReport } from '../ipc/protocol.js';

export interface CameraEntry {
  camera: string;
  state: ShownState;
  error: ErrorData | undefined;
  /** When it came into this state, as Clock.monotonicUs(); undefined before the first. */
  sinceUs?: number | undefined;
  /** Over all workers of this daemon. */
  reconnects: number;
  /** Analysed frames per second between the last two heartbeats. */
  fps: number | undefined;
  /** As fast as pictures are taken from it, analysed or not. */
  capturedFps?: number | undefined;
  lastFrameAgeMs: number | undefined;
  /** Of its newest picture, as the source delivers it. */
  size?: { width: number; height: number } | undefined;
  /** How its pictures are made, as its worker says. */
  codec?: string | undefined;
  decoder?: string | undefined;
  note?: string | undefined;
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
  /** When the rates were last taken, and from how many frames. */
  beat: { atUs: number; analysed: number; captured: number | undefined } | undefined;
}

/** What nobody knows of a camera that no worker reads. */
const UNREAD = {
  error: undefined,
  fps: undefined,
  capturedFps: undefined,
  lastFrameAgeMs: undefined,
  size: undefined,
  codec: undefined,
  decoder: undefined,
  note: undefined,
} satisfies Partial<CameraEntry>;

export class CameraBoard {
  readonly #clock: Pick<Clock, 'monotonicUs'>;
  readonly #rows = new Map<string, Row>();

  constructor(clock: Pick<Clock, 'monotonicUs'>) {
    this.#clock = clock;
  }

  /** Sets which cameras there are; returns those that are gone. */
  configure(cameras: { name: string; enabled: boolean }[]): string[] {
    const names = new Set(cameras.map((camera) => camera.name));
    const gone = [...this.#rows.keys()].filter((name) => !names.has(name));
    for (const name of gone) this.#rows.delete(name);
    for (const { name, enabled } of cameras) {
      const row = this.#rows.get(name) ?? newRow(name);
      row.sinceUs ??= this.#clock.monotonicUs();
      if (!enabled) {
        Object.assign(row, UNREAD);
        this.#enter(row, 'disabled');
      } else if (row.state === 'disabled') this.#enter(row, 'connecting');
      this.#rows.set(name, row);
    }
    return gone;
  }

  /** A worker ended: its cameras are being opened again, its counters become totals. */
  workerGone(): void {
    for (const row of this.#rows.values()) {
      row.before = totals(row);
      row.beat = undefined;
      Object.assign(row, UNREAD);
      if (row.state !== 'disabled') this.#enter(row, 'connecting');
    }
  }

  /** Another worker plays these from now on: its counters start at 0, all else goes on. */
  takenOver(cameras: string[]): void {
    for (const camera of cameras) {
      const row = this.#rows.get(camera);
      if (row === undefined) continue;
      row.before = totals(row);
      if (row.beat !== undefined) row.beat.captured = undefined;
    }
  }

  /** Takes a worker's report over; undefined when the camera is not (or no longer) ours. */
  report(report: CameraReport): CameraEntry | undefined {
    const row = this.#rows.get(report.camera);
    if (row === undefined || row.state === 'disabled') return undefined;
    this.#enter(row, report.state);
    row.error = report.error;
    row.codec = report.codec;
    row.decoder = report.decoder;
    row.note = report.note;
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

  /** Takes the worker's counters over; returns the cameras of which more is known, or another size. */
  heartbeat(counters: CameraCounters[], nowUs: number): CameraEntry[] {
    this.#quietUnless(new Set(counters.map(({ camera }) => camera)));
    const fresh: CameraEntry[] = [];
    for (const { camera, captured, drops, failed, reconnects, lastFrameAgeMs, size } of counters) {
      const row = this.#rows.get(camera);
      if (row === undefined || row.state === 'disabled') continue;
      const { beat, analysed } = row;
      const [known, before] = [row.fps !== undefined, row.size];
      if (beat !== undefined && nowUs > beat.atUs) {
        const seconds = (nowUs - beat.atUs) / 1e6;
        row.fps = (analysed - beat.analysed) / seconds;
        if (beat.captured !== undefined) row.capturedFps = Math.max(0, captured - beat.captured) / seconds;
      }
      row.beat = { atUs: nowUs, analysed, captured };
      row.drops = addedDrops(row.before.drops, drops);
      row.failed = row.before.failed + failed;
      row.reconnects = row.before.reconnects + reconnects;
      row.lastFrameAgeMs = lastFrameAgeMs ?? undefined;
      row.size = size;
      const more = !known && row.fps !== undefined;
      const resized = before?.width !== size?.width || before?.height !== size?.height;
      if ((more || resized) && delivers(row.state)) fresh.push(row);
    }
    return fresh;
  }

  entries(): CameraEntry[] {
    return [...this.#rows.values()];
  }

  #enter(row: Row, state: ShownState): void {
    if (row.state !== state || row.sinceUs === undefined) row.sinceUs = this.#clock.monotonicUs();
    row.state = state;
  }

  /** A camera that the worker has given up is in no heartbeat any more: what it did last is not what it does. */
  #quietUnless(beating: ReadonlySet<string>): void {
    for (const row of this.#rows.values())
      if (row.state === 'offline' && !beating.has(row.camera))
        Object.assign(row, { fps: 0, capturedFps: 0, lastFrameAgeMs: undefined, beat: undefined });
  }
}

function totals({ reconnects, drops, failed }: CameraEntry): Totals {
  return { reconnects, drops, failed };
}

function newRow(camera: string): Row {
  return {
    camera,
    state: 'connecting',
    sinceUs: undefined,
    ...UNREAD,
    reconnects: 0,
    analysed: 0,
    drops: noDrops(),
    failed: 0,
    before: { reconnects: 0, drops: noDrops(), failed: 0 },
    beat: undefined,
  };
}
