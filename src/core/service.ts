/**
 * What daemon.ts starts, asks for its health and closes. `degraded` is a fault that a restart of the
 * daemon would not cure (a missing camera, no broker); `stuck` is one that it would.
 */
export type HealthState = 'ok' | 'degraded' | 'stuck';

export interface Health {
  state: HealthState;
  /** One clause for people; empty when ok. */
  reason: string;
}

export const HEALTHY: Health = { state: 'ok', reason: '' };

export interface Service {
  readonly name: string;
  /** Starts; when `signal` aborts, gives up soon and leaves nothing running. */
  start(signal: AbortSignal): Promise<void>;
  /** Ends and waits for the end. Called once, also after a failed start. */
  close(): Promise<void>;
  health(): Health;
}

/** The worst of several: stuck before degraded before ok, with every reason of that rank. */
export function worstHealth(parts: Iterable<{ name: string; health: Health }>): Health {
  const rank: HealthState[] = ['stuck', 'degraded'];
  const all = [...parts];
  for (const state of rank) {
    const hit = all.filter((part) => part.health.state === state);
    if (hit.length > 0)
      return { state, reason: hit.map((part) => `${part.name}: ${part.health.reason}`).join('; ') };
  }
  return HEALTHY;
}
