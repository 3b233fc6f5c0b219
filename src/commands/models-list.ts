/** `detectd models list` and `history`: what serves, what is kept, what is under way, and how changes ended. */
import { Command } from 'commander';
import type { CommandIo } from '../base/command-io.js';
import { printable, printableText } from '../base/printable.js';
import { readStoredSlot } from '../models/model-store.js';
import { type ModelWish, targetKey } from '../models/model-target.js';
import type { SlotRecord } from '../models/slot-record.js';
import type { Interruption } from './interruption.js';
import { type ConfiguredSlots, configuredSlots, requireWish } from './model-slots.js';
import { textTable } from './text-table.js';

interface ListOptions {
  config?: string;
  json: boolean;
}

export function listCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('list')
    .description('list the configured models: what serves, what can be gone back to, what is under way')
    .option('-c, --config <file>', 'configuration file of the daemon')
    .option('--json', 'print one JSON object', false)
    .action(({ config, json }: ListOptions) =>
      interruption.guard(async () => {
        const configured = await configuredSlots(io, config);
        const slots = await Promise.all(
          [...configured.wishes.keys()].map((model) => readStoredSlot(configured.state, model)),
        );
        io.out(json ? `${JSON.stringify(listData(configured, slots))}\n` : listText(configured, slots));
      }),
    );
}

export function historyCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('history')
    .description('tell how the last changes of a model ended, newest last')
    .argument('<model>', 'name in the configuration')
    .option('-c, --config <file>', 'configuration file of the daemon')
    .option('--json', 'print one JSON object', false)
    .action((model: string, { config, json }: ListOptions) =>
      interruption.guard(async () => {
        const configured = await configuredSlots(io, config);
        requireWish(configured, model);
        const { history, refused } = await readStoredSlot(configured.state, model);
        io.out(json ? `${JSON.stringify({ model, history, refused })}\n` : historyText({ history }));
      }),
    );
}

type Shown = Pick<ConfiguredSlots, 'wishes' | 'shown'>;

/** For programs. */
export function listData({ wishes, shown }: Shown, slots: readonly SlotRecord[]): Record<string, unknown> {
  return {
    models: slots.map(({ model, active, previous, update, highest, pin, refused }) => {
      const wish = wishes.get(model);
      return {
        model,
        wanted: wish === undefined ? null : shown(wish.target),
        active: active ?? null,
        previous: previous ?? null,
        update: update === undefined ? null : { ...update, target: undefined, source: shown(update.target) },
        highest: highest ?? null,
        pinned: wish !== undefined && isHeld(pin, wish),
        refused: refused.map(({ error, at, digest }) => ({ at, digest: digest ?? null, ...error })),
      };
    }),
  };
}

/** For people. */
export function listText({ wishes, shown }: Shown, slots: readonly SlotRecord[]): string {
  const rows = slots.map(({ model, active, previous, update }) => {
    const wish = wishes.get(model);
    const place = wish?.target.source.kind === 'place';
    const state = update === undefined ? (place ? 'in its place' : '') : update.phase;
    return [model, active?.version, previous?.version, state, wish && shown(wish.target)];
  });
  const notes = slots.flatMap(({ model, update }) =>
    update?.error === undefined ? [] : [`${model}: ${update.error.code}: ${update.error.message}`],
  );
  for (const { model, pin } of slots) {
    const wish = wishes.get(model);
    if (wish !== undefined && isHeld(pin, wish))
      notes.push(
        `${model}: a command chose what serves, until the configuration changes; "detectd models install ${model}" ends that`,
      );
  }
  const table = textTable([['MODEL', 'SERVES', 'BEFORE', 'CHANGE', 'WANTED FROM'], ...rows]);
  return printableText([table, ...notes.map((line) => `${printable(line)}\n`)].join(''));
}

/** What a command chose counts as long as the configuration is the same. */
function isHeld(pin: SlotRecord['pin'], { target }: ModelWish): boolean {
  return pin !== undefined && pin.configured === targetKey(target);
}

export function historyText({ history }: Pick<SlotRecord, 'history'>): string {
  if (history.length === 0) return 'Nothing has changed yet.\n';
  const rows = history.map(({ at, from, to, outcome, code, message }) => [
    ...[at, from ?? '-', to ?? '-', outcome.replace('_', ' ')],
    code === undefined ? '' : `${code}: ${message}`,
  ]);
  return printableText(textTable([['TIME', 'FROM', 'TO', 'OUTCOME', 'REASON'], ...rows]));
}
