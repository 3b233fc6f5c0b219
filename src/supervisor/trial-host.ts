/** The parent's end of the process in which a new version of a model is tried: it may be silent only for so long. */
import { DetectdError } from '../base/errors.js';
import {
  FROM_TRIAL_TYPES,
  type FromTrial,
  type ToTrial,
  type TrialJob,
  type TrialMeasures,
} from '../ipc/trial-protocol.js';
import { Conversation, type ConversationOptions } from './conversation.js';

export type TrialStage = Extract<FromTrial, { type: 'stage' }>;

export interface TrialHostOptions extends Omit<ConversationOptions, 'accepts' | 'signal'> {
  signal: AbortSignal;
  /** Longest silence: loading a model, or one inference. */
  silenceMs: number;
  onStage?: (stage: TrialStage) => void;
}

/** Throws what the child reports, WORKER_CRASHED when it dies, WORKER_HUNG when it is silent, and the signal's reason. */
export async function tryInChild(job: TrialJob, options: TrialHostOptions): Promise<TrialMeasures> {
  const { clock, silenceMs, onStage, signal } = options;
  const silence = new AbortController();
  const conversation = new Conversation<ToTrial, FromTrial>({
    ...options,
    accepts: FROM_TRIAL_TYPES,
    signal: AbortSignal.any([signal, silence.signal]),
  });
  const listen = (): { cancel: () => void } => clock.after(silenceMs, () => silence.abort(silent(silenceMs)));
  conversation.start();
  let timer = listen();
  try {
    return await conversation.ask({ type: 'try', job }, (answer) => {
      timer.cancel();
      timer = listen();
      if (answer.type === 'stage') onStage?.(answer);
      return answer.type === 'tried' ? answer.measures : undefined;
    });
  } finally {
    timer.cancel();
    await conversation.close();
  }
}

function silent(ms: number): DetectdError {
  return new DetectdError(
    'WORKER_HUNG',
    `It hangs: nothing came of it for ${Math.round(ms / 1000)} s.`,
    'If it only takes that long here, raise worker.start_timeout_s.',
  );
}
