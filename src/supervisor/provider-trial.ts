/** Tries a provider in a process of its own: crashing and hanging are answers, too. */
import { DetectdError } from '../base/errors.js';
import type { ProviderVerdict } from '../core/provider-verdict.js';
import type { ProviderName } from '../core/worker-plan.js';
import { exitReason } from '../ipc/channel.js';
import { ChildDeath } from './conversation.js';
import { type ProbeOptions, probe } from './probe.js';

/** TensorRT builds an engine even for the tiny network, which takes a board the better part of a minute. */
export const TRIAL_MS = 180_000;

/** Rejects only with the reason of the signal. */
export async function providerTrial(
  provider: ProviderName,
  options: Omit<ProbeOptions, 'timeoutMs'>,
): Promise<ProviderVerdict> {
  try {
    const { ms } = await probe({ type: 'provider', provider }, { ...options, timeoutMs: TRIAL_MS });
    return { good: true, ms };
  } catch (thrown) {
    options.signal?.throwIfAborted();
    return verdictOf(DetectdError.from(thrown));
  }
}

function verdictOf(error: DetectdError): ProviderVerdict {
  if (error.code === 'WORKER_HUNG')
    return bad(`The process that tried it gave no answer within ${TRIAL_MS / 1000} s.`, true);
  if (!(error.cause instanceof ChildDeath)) return bad(error.message, error.code === 'ENGINE_MEMORY');
  const { exit } = error.cause;
  if (exit.signal === 'SIGKILL')
    return bad('The process that tried it was killed, most likely since memory ran out.', true);
  const how = exit.signal === null ? 'ended' : 'crashed';
  return bad(`The process that tried it ${how} with ${exitReason(exit).replace(/^signal /, '')}.`, false);
}

function bad(reason: string, passing: boolean): ProviderVerdict {
  return { good: false, reason, passing };
}
