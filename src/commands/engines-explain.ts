/**
 * `detectd engines explain`: for each model of the configuration whether there is an engine for exactly this machine,
 * and if not, which part of the key differs from those that are there. Nothing is loaded or changed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError, type ErrorData } from '../base/errors.js';
import { printableText } from '../base/printable.js';
import type { PreprocessMode } from '../core/prepared-graph.js';
import type { ProviderName } from '../core/worker-plan.js';
import { identifyThisMachine } from '../device/this-machine.js';
import type { EngineCache } from '../engines/engine-cache.js';
import type { EngineChoice } from '../engines/engine-choice.js';
import { isSettled, type Refusals, readRefusals } from '../engines/engine-refusals.js';
import { type EngineExplanation, explainEngine, type KeyState } from '../engines/explain.js';
import { configuredCache, shortKey } from './configured-cache.js';
import { frameFormat } from './frame-format.js';
import type { Interruption } from './interruption.js';
import { providersOf, servingModels, wantedEngines } from './wanted-engines.js';

export interface Explained {
  /** As the configuration names it. */
  model: string;
  mode: PreprocessMode;
  choice: EngineChoice;
  explanation: EngineExplanation;
}

type Problem = { model: string; error: ErrorData };

export function explainCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('explain')
    .description('tell which engine each model wants here, whether it is there, and what differs if not')
    .action(({ config, json }: { config?: string; json: boolean }) =>
      interruption.guard(async (signal) => {
        const { explained, problems } = await explain(io, config, signal);
        io.out(
          json
            ? `${JSON.stringify(explainedData(explained, problems))}\n`
            : explainedText(explained, problems),
        );
        const [first] = problems;
        if (first !== undefined) throw DetectdError.fromData(first.error);
      }),
    );
}

async function explain(
  io: CommandIo,
  file: string | undefined,
  signal: AbortSignal,
): Promise<{ explained: Explained[]; problems: Problem[] }> {
  const { config, cache, folder, state } = await configuredCache(io, file);
  const scratchFolder = await mkdtemp(join(tmpdir(), 'detectd-'));
  try {
    const [{ info: device }, format] = await Promise.all([identifyThisMachine(io.env), frameFormat()]);
    const { wanted, problems } = await wantedEngines(await servingModels(config, state), {
      ...{ device, format, scratchFolder },
      providers: ({ provider }) => providersOf(provider, device),
    });
    const listing = await cache.list();
    const refusals = await readRefusals(folder);
    const explained: Explained[] = [];
    for (const each of wanted)
      for (const choice of each.choices) {
        const { key, wish } = choice;
        // After a precision that was refused comes the next one.
        const { provider } = wish;
        if (
          explained.some((other) => isAnswered(other, { model: each.plan.name, mode: each.mode, provider }))
        )
          continue;
        const found = await lookUp(cache, key.digest, refusals, signal);
        const explanation = explainEngine({ key, model: each.bundleName }, found, listing);
        explained.push({ model: each.plan.name, mode: each.mode, choice, explanation });
      }
    return { explained, problems };
  } finally {
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

function isAnswered(
  { model, mode, choice, explanation }: Explained,
  of: { model: string; mode: PreprocessMode; provider: ProviderName },
): boolean {
  if (explanation.state === 'refused') return false;
  return model === of.model && mode === of.mode && choice.wish.provider === of.provider;
}

async function lookUp(
  cache: EngineCache,
  key: string,
  refusals: Refusals,
  signal: AbortSignal,
): Promise<KeyState> {
  const found = await cache.inspect(key, { signal });
  if (found.state === 'usable') await found.engine.close();
  const refusal = refusals.get(key);
  // Also of one that is there: workers leave it alone.
  if (refusal !== undefined && isSettled(refusal)) return { state: 'refused', reason: refusal.reason };
  return found.state === 'usable' ? { state: 'usable', manifest: found.engine.manifest } : found;
}

/** For programs. */
export function explainedData(explained: Explained[], problems: Problem[]): Record<string, unknown> {
  return {
    engines: explained.map(({ model, mode, choice, explanation: { setAside, ...rest } }) => ({
      model,
      mode,
      provider: choice.wish.provider,
      ...rest,
      set_aside: setAside,
      parts: choice.key.parts,
    })),
    problems,
  };
}

/** For people. */
export function explainedText(explained: Explained[], problems: Problem[]): string {
  const lines: string[] = [];
  for (const { model, mode, choice, explanation } of explained) {
    const { state, summary, key, others, setAside } = explanation;
    lines.push(`${model} (${mode}) on ${choice.wish.provider}: ${state}`);
    lines.push(`  ${shortKey(key)}  ${summary}`);
    for (const other of state === 'usable' ? [] : others) {
      lines.push(
        `  ${shortKey(other.key)}  is there, built ${other.created} by detectd ${other.detectd}, but:`,
      );
      lines.push(...other.differences.map((difference) => `      ${difference}`));
    }
    for (const { name, reason } of setAside) lines.push(`  set aside as ${name}: ${reason}`);
  }
  for (const { model, error } of problems) lines.push(`${model}: ${error.code}: ${error.message}`);
  return printableText(`${lines.join('\n')}\n`);
}
