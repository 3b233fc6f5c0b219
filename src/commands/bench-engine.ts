/** The engines that `detectd bench` measures: each is built once, by a builder like the daemon's. */
import { DetectdError } from '../base/errors.js';
import type { BuiltEngine } from '../core/engine.js';
import type { BuildJob } from '../ipc/builder-protocol.js';
import type { BuilderHost } from '../supervisor/builder-host.js';

export type EngineOutcome = { engine: BuiltEngine } | { error: DetectdError };

export interface BenchEnginesOptions {
  /** A builder that was not started yet. */
  builder: (job: BuildJob) => Pick<BuilderHost, 'run' | 'cancel'>;
  signal: AbortSignal;
}

export class BenchEngines {
  readonly #options: BenchEnginesOptions;
  readonly #outcomes = new Map<string, EngineOutcome>();

  constructor(options: BenchEnginesOptions) {
    this.#options = options;
  }

  /** The engine that was wished for, or what speaks against it. Throws the reason of the signal. */
  async get(job: BuildJob): Promise<EngineOutcome> {
    const known = this.#outcomes.get(job.wish.key) ?? (await this.#build(job));
    this.#outcomes.set(job.wish.key, known);
    return known;
  }

  async #build(job: BuildJob): Promise<EngineOutcome> {
    const { builder, signal } = this.#options;
    signal.throwIfAborted();
    const host = builder(job);
    const cancel = (): void => host.cancel();
    signal.addEventListener('abort', cancel);
    try {
      const end = await host.run();
      signal.throwIfAborted();
      if (end.kind === 'built') return { engine: end.engine };
      if (end.kind === 'failed') return { error: end.error };
      return { error: new DetectdError('ENGINE_CANCELLED', 'The build of the engine was stopped.') };
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }
}
