/**
 * Which providers are trusted on this machine: what is remembered for its fingerprint, and for the rest a trial, one at
 * a time and in the background. Until a provider has been tried the next one down serves.
 */
import type { Clock, Timer } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { ProviderVerdict } from '../core/provider-verdict.js';
import type { ProviderName } from '../core/worker-plan.js';
import { chooseProviders, type ProviderChoice, usableProviders } from './providers.js';
import { isOpen, type RememberedVerdict, type VerdictMemory } from './verdict-memory.js';

export interface ProviderTrustOptions {
  memory: VerdictMemory;
  /** What a verdict holds for. */
  fingerprint: (provider: ProviderName, device: DeviceInfo) => string;
  /** Tries one in a process of its own; rejects only with the reason of the signal. */
  tryOut: (provider: ProviderName, signal: AbortSignal) => Promise<ProviderVerdict>;
  clock: Clock;
  log: Logger;
  /** Something was found out; what choose() says may differ now. */
  onVerdict: () => void;
}

type Setting = ProviderName | 'auto';

/** What failed for a reason that may pass is tried again after so long, twice as long the next time. */
const RETRY_MS = 60_000;

export class ProviderTrust {
  readonly #options: ProviderTrustOptions;
  readonly #ending = new AbortController();
  readonly #verdicts = new Map<ProviderName, ProviderVerdict>();
  /** To be tried, in this order. */
  readonly #waiting = new Set<ProviderName>();
  readonly #retries = new Set<Timer>();
  #device: DeviceInfo | undefined;
  #trials: Promise<void> = Promise.resolve();

  constructor(options: ProviderTrustOptions) {
    this.#options = options;
  }

  /** Takes over what is remembered for this machine. Never throws. */
  async identified(device: DeviceInfo): Promise<void> {
    const { memory, fingerprint } = this.#options;
    await memory.load();
    this.#device = device;
    for (const provider of usableProviders('auto', device.onnxruntimeProviders)) {
      const known = provider === 'cpu' ? undefined : memory.find(provider, fingerprint(provider, device));
      // One that may have failed in passing is tried again at every start until it is believed.
      if (known === undefined || isOpen(known)) continue;
      this.#verdicts.set(provider, known.verdict);
      if (!known.verdict.good) this.#report(provider, known.verdict);
    }
  }

  /** For a model with this setting. Before the machine is identified only the CPU is trusted. */
  choose(setting: Setting): ProviderChoice {
    return chooseProviders(setting, this.#device?.onnxruntimeProviders, (provider) =>
      this.#verdicts.get(provider),
    );
  }

  /** Whether one is being tried, or waits for its turn. */
  get trying(): boolean {
    return this.#waiting.size > 0;
  }

  /** Tries what these settings want to use and is not known yet; at once returns, onVerdict follows. */
  tryFor(settings: Iterable<Setting>): void {
    for (const setting of settings)
      for (const provider of this.choose(setting).untried) {
        if (this.#waiting.has(provider)) continue;
        this.#waiting.add(provider);
        this.#trials = this.#trials.then(() => this.#try(provider));
      }
  }

  /** Resolves when nothing is being tried any more; what waits for a second try is not waited for. */
  async settled(): Promise<void> {
    for (let seen: Promise<void> | undefined; seen !== this.#trials; ) {
      seen = this.#trials;
      await seen;
    }
  }

  /** Tries these anew, whatever is known of them. */
  async forget(settings: Iterable<Setting>): Promise<void> {
    const { memory, fingerprint } = this.#options;
    const device = this.#device;
    if (device === undefined) return;
    for (const setting of settings)
      for (const provider of usableProviders(setting, device.onnxruntimeProviders)) {
        this.#verdicts.delete(provider);
        await memory.forget(provider, fingerprint(provider, device)).catch(() => {});
      }
  }

  /** Ends a trial wherever it is. */
  async close(): Promise<void> {
    this.#ending.abort();
    for (const timer of this.#retries) timer.cancel();
    await this.settled();
  }

  async #try(provider: ProviderName): Promise<void> {
    const { signal } = this.#ending;
    const device = this.#device;
    if (signal.aborted || device === undefined) return;
    try {
      const verdict = await this.#options.tryOut(provider, signal);
      const known = await this.#remember(provider, device, verdict);
      this.#verdicts.set(provider, verdict);
      this.#waiting.delete(provider);
      this.#report(provider, verdict);
      if (isOpen(known)) this.#retryLater(provider, known.tries);
      this.#options.onVerdict();
    } catch (error) {
      this.#waiting.delete(provider);
      if (!signal.aborted) this.#options.log.error({ err: error }, `the provider ${provider} was not tried`);
    }
  }

  async #remember(
    provider: ProviderName,
    device: DeviceInfo,
    verdict: ProviderVerdict,
  ): Promise<Pick<RememberedVerdict, 'verdict' | 'tries'>> {
    const { memory, fingerprint, log } = this.#options;
    const key = fingerprint(provider, device);
    try {
      return await memory.remember(provider, key, verdict);
    } catch (error) {
      const { message } = DetectdError.from(error);
      log.warn(`what was found out about ${provider} cannot be kept: ${message}`);
      return memory.find(provider, key) ?? { verdict, tries: 1 };
    }
  }

  #report(provider: ProviderName, verdict: ProviderVerdict): void {
    const { log } = this.#options;
    if (verdict.good) log.info({ provider, ms: verdict.ms }, `${provider} works here`);
    else log.warn({ provider }, `${provider} is not used: ${verdict.reason}`);
  }

  #retryLater(provider: ProviderName, tries: number): void {
    const timer = this.#options.clock.after(RETRY_MS * 2 ** (tries - 1), () => {
      this.#retries.delete(timer);
      if (this.#waiting.has(provider)) return;
      this.#waiting.add(provider);
      this.#trials = this.#trials.then(() => this.#try(provider));
    });
    this.#retries.add(timer);
  }
}
