/** `detectd models install` and `rollback`: to another version now, and back. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { printableText } from '../base/printable.js';
import { parseModelSource } from '../config/model-source.js';
import type { ModelTarget } from '../core/model-update.js';
import { readStoredSlot, readStoredVersions } from '../models/model-store.js';
import type { SlotRecord } from '../models/slot-record.js';
import { requested } from '../models/slot-request.js';
import { nextStep, type SlotStep } from '../models/update-phases.js';
import type { Interruption } from './interruption.js';
import { changeModel } from './model-change.js';
import { configuredSlots, requireWish } from './model-slots.js';

interface ChangeOptions {
  config?: string;
  from?: string;
  sha256?: string;
  to?: string;
  again: boolean;
  downgrade: boolean;
  activate: boolean;
  wait: boolean;
  dryRun: boolean;
  json: boolean;
}

function withCommon(command: Command): Command {
  return command
    .argument('<model>', 'name in the configuration')
    .option('-c, --config <file>', 'configuration file of the daemon')
    .option('--no-wait', 'end as soon as the daemon has taken it')
    .option('--dry-run', 'only tell what would be done', false)
    .option('--json', 'print one JSON object', false);
}

export function installCommand(io: CommandIo, interruption: Interruption): Command {
  return withCommon(new Command('install'))
    .description(
      'take the version that the configuration names, or another one, now; with or without a daemon',
    )
    .option('--from <source>', 'instead: file:PATH, https://… or mqtt:TOPIC, until the configuration changes')
    .option('--sha256 <digest>', 'with --from: SHA-256 of the archive; needed where updates.keys is empty')
    .option('--again', 'try what was refused or rolled back once more', false)
    .option('--downgrade', 'take an older version, too', false)
    .option('--activate', 'without a daemon: try it on its samples, and make it the one that serves', false)
    .action((model: string, options: ChangeOptions) =>
      interruption.guard((signal) => change(io, model, 'install', options, signal)),
    );
}

export function rollbackCommand(io: CommandIo, interruption: Interruption): Command {
  return withCommon(new Command('rollback'))
    .description('go back to the version before, until the configuration changes; with or without a daemon')
    .option('--to <version>', 'instead: a version in the store, or the first digits of its archive')
    .action((model: string, options: ChangeOptions) =>
      interruption.guard((signal) => change(io, model, 'rollback', options, signal)),
    );
}

async function change(
  io: CommandIo,
  model: string,
  what: 'install' | 'rollback',
  options: ChangeOptions,
  signal: AbortSignal,
): Promise<void> {
  const configured = await configuredSlots(io, options.config);
  const wish = requireWish(configured, model);
  const target = targetOf(options, configured.config.updates.keys.length > 0);
  const { again = false, downgrade = false, activate = false, to, wait, json } = options;
  const request = { do: what, target, again, downgrade, to };
  if (options.dryRun) {
    const slot = await readStoredSlot(configured.state, model);
    const versions =
      what === 'rollback' && to !== undefined ? await readStoredVersions(configured.state) : [];
    const asked = requested(
      slot,
      { ...request, id: 'dry-run' },
      wish.target,
      versions,
      new Date().toISOString(),
    );
    if (asked.request?.error !== undefined) throw DetectdError.fromData(asked.request.error);
    const wanted = configured.shown(target ?? wish.target);
    const would = what === 'rollback' ? 'call-back' : nextStep(asked, wish).do;
    const back = what === 'rollback' ? asked.active : slot.previous;
    const facts = { model, would, serves: slot.active?.version ?? null, from: wanted };
    const text = `${model}: would ${STEP_WORDS[would]({ ...slot, previous: back }, wanted)}\n`;
    io.out(json ? `${JSON.stringify(facts)}\n` : printableText(text));
    return;
  }
  const all = { io, configured, model, request, activate: activate || what === 'rollback', wait, signal };
  const { slot, by } = await changeModel(all);
  io.out(json ? `${JSON.stringify(changeData(slot, by))}\n` : printableText(`${changeText(slot, by)}\n`));
}

/** What would be done first; `previous` is what would be gone back to. */
const STEP_WORDS: Record<SlotStep['do'], (slot: SlotRecord, wanted: string) => string> = {
  nothing: ({ active }) =>
    active === undefined
      ? 'do nothing: no version serves yet'
      : `do nothing: version ${active.version} serves on`,
  work: ({ update }) => `go on with the change that is under way, which is ${update?.phase}`,
  begin: (_slot, wanted) => `change to ${wanted}`,
  drop: ({ update }) => `give up the change that is under way, which is ${update?.phase}`,
  'call-back': ({ previous }) => `go back to version ${previous?.version}`,
};

function targetOf({ from, sha256 }: ChangeOptions, signed: boolean): ModelTarget | undefined {
  if (from === undefined) {
    if (sha256 === undefined) return undefined;
    throw new DetectdError('USAGE', '--sha256 goes with --from.', 'For what is configured it is set there.');
  }
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256))
    throw new DetectdError('USAGE', '--sha256 must be 64 hexadecimal digits in small letters.');
  const source = parseModelSource(from, resolve('.'));
  if (source.kind === 'place')
    throw new DetectdError('USAGE', '--from names a path without "file:".', `Write --from file:${from}.`);
  if (!signed && sha256 === undefined)
    throw new DetectdError(
      'MODEL_UNSIGNED',
      'Nothing vouches for the archive.',
      'Give --sha256, or the keys of its signers in "updates.keys".',
    );
  return { source, sha256, version: undefined, attempt: 1 };
}

/** For programs. */
export function changeData({ model, active, update }: SlotRecord, by: string): Record<string, unknown> {
  const version = active === undefined ? null : { version: active.version, digest: active.digest };
  return { model, by, active: version, phase: update?.phase ?? null };
}

/** For people. */
export function changeText({ model, active, update }: SlotRecord, by: 'daemon' | 'command'): string {
  const serves = active === undefined ? 'no version serves yet' : `version ${active.version} serves`;
  const next = update?.version?.version;
  if (by === 'daemon' || update === undefined || update.phase === 'confirmed') return `${model}: ${serves}.`;
  if (update.phase === 'active') return `${model}: ${serves}; it is on probation when the daemon runs.`;
  return `${model}: ${serves}. Version ${next} is fetched and verified; the daemon tries it and changes to it, or --activate does now.`;
}
