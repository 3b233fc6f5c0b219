/**
 * Tells a worker that is alive from one that only exists: its event loop must beat, and a frame that was given
 * to the model must come back. Before its main thread does what may never return it says so; whatever it says
 * afterwards means that it has returned. Pure on the times it is given.
 */
import type { NativeAct } from '../ipc/protocol.js';

export interface LivenessLimits {
  /** No sign of life for this long: the event loop is blocked. */
  heartbeatMs: number;
  /** A frame is with the model for this long: the inference hangs. */
  resultMs: number;
  /** How often verdict() is asked. Asked much later, this process was away itself, and that time does not count. */
  checkMs: number;
}

export interface Hang {
  part: 'event loop' | 'gstreamer' | 'inference';
  /** A clause with the time that it has lasted. */
  why: string;
  /** Of GStreamer: with which camera. */
  camera?: string;
}

/** What the worker owes at this moment. */
export interface Standing {
  /** Since its last word. */
  silentMs: number;
  /** Since when the model owes an answer; undefined when it owes none. */
  owedMs: number | undefined;
  /** What its main thread has not returned from, as far as is known. */
  act: NativeAct | undefined;
}

export class Liveness {
  readonly #limits: LivenessLimits;
  #lastWordUs: number;
  #lastCheckUs: number;
  /** When the model was given, or last answered while it had more, what it has not answered; undefined when it owes nothing. */
  #owedSinceUs: number | undefined;
  #act: NativeAct | undefined;

  constructor(limits: LivenessLimits, nowUs: number) {
    this.#limits = limits;
    this.#lastWordUs = nowUs;
    this.#lastCheckUs = nowUs;
  }

  /** `inferringMs`: how long the model has owed an answer; null when it owes none. */
  heartbeat(inferringMs: number | null, nowUs: number): void {
    this.word(nowUs);
    this.#owedSinceUs = inferringMs === null ? undefined : nowUs - inferringMs * 1000;
  }

  result(nowUs: number): void {
    this.word(nowUs);
    this.#owedSinceUs = undefined;
  }

  /** It said something else. */
  word(nowUs: number): void {
    this.#lastWordUs = nowUs;
    this.#act = undefined;
  }

  /** Its main thread is about to do this. */
  begins(act: NativeAct, nowUs: number): void {
    this.word(nowUs);
    this.#act = act;
  }

  standing(nowUs: number): Standing {
    const owedSinceUs = this.#owedSinceUs;
    return {
      silentMs: (nowUs - this.#lastWordUs) / 1000,
      owedMs: owedSinceUs === undefined ? undefined : (nowUs - owedSinceUs) / 1000,
      act: this.#act,
    };
  }

  /** What of the worker counts as hung, if anything does. */
  verdict(nowUs: number): Hang | undefined {
    this.#forgiveAbsence(nowUs);
    const { silentMs, owedMs, act } = this.standing(nowUs);
    if (silentMs > this.#limits.heartbeatMs) {
      return act === undefined
        ? { part: 'event loop', why: `its event loop has been blocked for ${seconds(silentMs)} s` }
        : {
            part: 'gstreamer',
            why: `GStreamer hangs while ${actText(act)}, for ${seconds(silentMs)} s now`,
            camera: act.camera,
          };
    }
    if (owedMs === undefined || owedMs <= this.#limits.resultMs) return undefined;
    return {
      part: 'inference',
      why: `its inference hangs: frames arrive but no result has come for ${seconds(owedMs)} s`,
    };
  }

  /** What was said while this process could not listen may still be on its way. */
  #forgiveAbsence(nowUs: number): void {
    const lateUs = nowUs - this.#lastCheckUs - this.#limits.checkMs * 1000;
    this.#lastCheckUs = nowUs;
    if (lateUs < this.#limits.checkMs * 1000) return;
    this.#lastWordUs = Math.min(nowUs, this.#lastWordUs + lateUs);
    if (this.#owedSinceUs !== undefined) this.#owedSinceUs = Math.min(nowUs, this.#owedSinceUs + lateUs);
  }
}

/** `closing camera "gate"`. */
export function actText({ doing, camera }: NativeAct): string {
  return `${doing} camera "${camera}"`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
