/**
 * What a worker and its host say to each other: plain data, one type per direction, one version.
 * The first message of a worker is `hello`; a version that differs ends in a restart with the reason.
 */
import type { ErrorData } from '../base/errors.js';
import type { FrameResult, ModelIdentity } from '../core/frame-result.js';
import type { CameraPlan, WorkerPlan } from '../core/worker-plan.js';

export const PROTOCOL_VERSION = 1;

export type CameraState = 'connecting' | 'online' | 'offline' | 'ended';

export interface CameraReport {
  camera: string;
  state: CameraState;
  /** Why it is offline. */
  error?: ErrorData;
  /** How often it was opened again since the worker started. */
  reconnects: number;
}

export interface ModelReport {
  identity: ModelIdentity;
  provider: string;
  family: string;
  labels: string[];
  networkWidth: number;
  networkHeight: number;
  loadMs: number;
  notes: string[];
}

/** Counters of one camera since the worker started. */
export interface CameraCounters {
  camera: string;
  captured: number;
  analysed: number;
  /** Replaced by a newer frame before their turn. */
  dropped: number;
}

/** Cumulative CPU time of the worker process in ms, by part, and its memory in bytes. */
export interface WorkerUsage {
  rssBytes: number;
  cpuMs: number;
  /** CPU time of the inference thread outside session.run() is not separable from it; this is its wall time inside run(). */
  inferMs: number;
  decodeMs: number;
}

export type HostMessage =
  | { type: 'start'; plan: WorkerPlan }
  /** Replaces the set of cameras; those that did not change keep running. */
  | { type: 'cameras'; cameras: CameraPlan[] }
  | { type: 'ping'; id: number }
  | { type: 'stop' };

export type WorkerMessage =
  | { type: 'hello'; version: number; pid: number }
  /** Every model is loaded and has run once. Cameras are opened after this. */
  | { type: 'ready'; models: ModelReport[] }
  | { type: 'result'; result: FrameResult }
  | { type: 'camera'; report: CameraReport }
  | { type: 'counters'; cameras: CameraCounters[]; usage: WorkerUsage }
  | { type: 'pong'; id: number }
  /** The worker cannot go on; it exits after this. */
  | { type: 'fatal'; error: ErrorData }
  | { type: 'log'; level: string; component: string; message: string; fields?: Record<string, unknown> }
  /** Cameras are closed and the queue is drained; it exits after this. */
  | { type: 'stopped' };
