/** Asks a fresh child process one question and waits for its answer, its death or the deadline. */
import { FROM_PROBE_TYPES, type FromProbe, type ToProbe } from '../ipc/probe-protocol.js';
import { Conversation, type ConversationOptions } from './conversation.js';

export interface ProbeOptions extends Omit<ConversationOptions, 'accepts'> {
  timeoutMs: number;
}

/** Throws what the child reports, WORKER_CRASHED when it dies and WORKER_HUNG when it does not answer. */
export async function probe<Q extends ToProbe['type']>(
  question: Extract<ToProbe, { type: Q }>,
  options: ProbeOptions,
): Promise<Extract<FromProbe, { type: Q }>> {
  const conversation = new Conversation<ToProbe, FromProbe>({ ...options, accepts: FROM_PROBE_TYPES });
  conversation.start();
  try {
    return await conversation.ask(
      question as ToProbe,
      (answer) => (answer.type === question.type ? (answer as Extract<FromProbe, { type: Q }>) : undefined),
      options.timeoutMs,
    );
  } finally {
    await conversation.close();
  }
}
