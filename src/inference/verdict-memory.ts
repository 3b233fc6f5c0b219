/**
 * What came of trying providers, kept across starts in the cache folder: a provider is tried once per fingerprint, not
 * at every start. What may pass, as memory that ran out, counts only when it came three times.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../base/atomic-file.js';
import { readBoundedFile } from '../base/bounded-file.js';
import type { ProviderVerdict } from '../core/provider-verdict.js';
import type { ProviderName } from '../core/worker-plan.js';

export const VERDICT_FILE = 'providers.json';
/** A failure that may pass is believed when it came so often. */
export const MOST_TRIES = 3;
/** Of as many machines and versions as one cache folder may see; the oldest go. */
const MOST_VERDICTS = 16;
const MAX_BYTES = 64 * 1024;
const MAX_REASON = 500;

const remembered = z.object({
  provider: z.enum(['tensorrt', 'cuda', 'cpu']),
  fingerprint: z.string().max(100),
  verdict: z.union([
    z.object({ good: z.literal(true), ms: z.number().min(0) }),
    z.object({ good: z.literal(false), reason: z.string().max(MAX_REASON), passing: z.boolean() }),
  ]),
  /** How often it was tried for this. */
  tries: z.number().int().min(1),
  /** RFC 3339. */
  at: z.string().max(40),
});

const schema = z.object({ format: z.literal(1), verdicts: z.array(z.unknown()) });

export type RememberedVerdict = z.output<typeof remembered>;

/** Whether a failure may still turn out to have been a passing one. */
export function isOpen({ verdict, tries }: Pick<RememberedVerdict, 'verdict' | 'tries'>): boolean {
  return !verdict.good && verdict.passing && tries < MOST_TRIES;
}

export class VerdictMemory {
  readonly path: string;
  readonly #wallMs: () => number;
  #verdicts: RememberedVerdict[] = [];

  /** `folder` is the cache folder. */
  constructor(folder: string, clock: { wallMs: () => number }) {
    this.path = join(folder, VERDICT_FILE);
    this.#wallMs = () => clock.wallMs();
  }

  /** Never throws: what cannot be read or understood is tried again. */
  async load(): Promise<void> {
    const text = await readBoundedFile(this.path, MAX_BYTES).catch(() => undefined);
    this.#verdicts = text === undefined ? [] : parseVerdicts(text.toString());
  }

  find(provider: ProviderName, fingerprint: string): RememberedVerdict | undefined {
    return this.#verdicts.find((each) => each.provider === provider && each.fingerprint === fingerprint);
  }

  /** Returns what is remembered from now on. Throws when the file cannot be written; it is known here all the same. */
  async remember(
    provider: ProviderName,
    fingerprint: string,
    verdict: ProviderVerdict,
  ): Promise<RememberedVerdict> {
    // Another process may have added its own.
    await this.load();
    const before = this.find(provider, fingerprint);
    const kept: RememberedVerdict = {
      provider,
      fingerprint,
      verdict: verdict.good ? verdict : { ...verdict, reason: verdict.reason.slice(0, MAX_REASON) },
      tries: (before?.tries ?? 0) + 1,
      at: new Date(this.#wallMs()).toISOString(),
    };
    this.#verdicts = [kept, ...this.#verdicts.filter((each) => each !== before)].slice(0, MOST_VERDICTS);
    await this.#save();
    return kept;
  }

  /** As if it had never been tried for this. */
  async forget(provider: ProviderName, fingerprint: string): Promise<void> {
    const before = this.find(provider, fingerprint);
    if (before === undefined) return;
    this.#verdicts = this.#verdicts.filter((each) => each !== before);
    await this.#save();
  }

  async #save(): Promise<void> {
    const text = JSON.stringify({ format: 1, verdicts: this.#verdicts }, undefined, 2);
    await writeFileAtomic(this.path, `${text}\n`);
  }
}

/** Those that can be understood, newest first. */
export function parseVerdicts(text: string): RememberedVerdict[] {
  try {
    const { verdicts } = schema.parse(JSON.parse(text));
    return verdicts.slice(0, MOST_VERDICTS).flatMap((each) => {
      const result = remembered.safeParse(each);
      return result.success ? [result.data] : [];
    });
  } catch {
    return [];
  }
}
