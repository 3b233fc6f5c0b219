/**
 * Tries a provider: loads a tiny network on it alone, runs it, and compares with the CPU. To be done in a process of its
 * own, since a driver that does not fit crashes or hangs.
 */
import { DetectdError } from '../base/errors.js';
import type { TensorValue } from '../core/prepared-graph.js';
import type { ProviderName } from '../core/worker-plan.js';
import { trialModel } from '../graph/trial-model.js';
import { Session } from '../inference/session.js';

/** The numbers are such that nothing is rounded; this is for what no one has thought of. */
const TOLERANCE = 1e-3;

type Load = (provider: ProviderName) => Promise<Pick<Session, 'run' | 'release'>>;

/** How long loading and running took, in ms. Throws PROVIDER_UNAVAILABLE, or what ONNX Runtime says. */
export async function tryProvider(provider: ProviderName, load: Load = loadTrial): Promise<number> {
  const { feeds } = trialModel();
  const compute = async (on: ProviderName): Promise<Float32Array> => {
    const session = await load(on);
    try {
      const [output] = await session.run(feeds);
      return Float32Array.from((output as TensorValue).data as Float32Array);
    } finally {
      await session.release();
    }
  };
  const expected = await compute('cpu');
  const startedMs = performance.now();
  const computed = await compute(provider);
  const ms = Math.round(performance.now() - startedMs);
  requireSame(provider, computed, expected);
  return ms;
}

function requireSame(provider: ProviderName, computed: Float32Array, expected: Float32Array): void {
  const wrong = expected.findIndex(
    // NaN fails the comparison, too.
    (value, index) => !(Math.abs((computed[index] ?? Number.NaN) - value) <= TOLERANCE),
  );
  if (wrong < 0 && computed.length === expected.length) return;
  throw new DetectdError(
    'PROVIDER_UNAVAILABLE',
    `The "${provider}" provider computes ${computed[wrong]} where the CPU computes ${expected[wrong]}.`,
    'Its libraries or the driver do not fit this machine; "detectd doctor" shows what is installed.',
  );
}

function loadTrial(provider: ProviderName): Promise<Session> {
  const where = `a trial of the "${provider}" provider`;
  return Session.load(trialModel().model, { provider, threads: 1, where, alone: true });
}
