/**
 * The life of a change of model, as one table, and what each step makes of the slot's record. Pure: whoever calls these
 * writes the record before the work of its phase begins.
 */
import type { ErrorCode } from '../base/error-codes.js';
import type { ErrorData } from '../base/errors.js';
import type { ModelTarget, ModelUpdate, ModelVersion, UpdatePhase } from '../core/model-update.js';
import { targetKey } from './model-target.js';
import {
  MOST_HISTORY,
  MOST_REFUSED,
  type RefusedTarget,
  type SlotHistoryEntry,
  type SlotOutcome,
  type SlotRecord,
} from './slot-record.js';

/** What is done in a phase, by the name of its work. */
export type PhaseWork = 'fetch' | 'unpack' | 'look' | 'build' | 'try' | 'prove';

export interface Phase {
  /** None in a phase that is an end. */
  work: PhaseWork | undefined;
  onSuccess: UpdatePhase | undefined;
  onFailure: UpdatePhase | undefined;
  /** Where it goes on after a restart. */
  onRestart: UpdatePhase;
  /** Beginnings without an end after which it is given up. */
  mostTries: number;
}

const MOST_TRIES = 3;

/** A download goes on where it stopped, however often the power goes. */
export const PHASES: Readonly<Record<UpdatePhase, Phase>> = {
  downloading: {
    work: 'fetch',
    onSuccess: 'verified',
    onFailure: 'failed',
    onRestart: 'downloading',
    mostTries: Number.POSITIVE_INFINITY,
  },
  // The archive is looked at again from its first byte: what lay on the disk meanwhile is not trusted.
  verified: {
    work: 'unpack',
    onSuccess: 'staged',
    onFailure: 'failed',
    onRestart: 'downloading',
    mostTries: MOST_TRIES,
  },
  staged: {
    work: 'look',
    onSuccess: 'building',
    onFailure: 'failed',
    onRestart: 'staged',
    mostTries: MOST_TRIES,
  },
  building: {
    work: 'build',
    onSuccess: 'trial',
    onFailure: 'failed',
    onRestart: 'building',
    mostTries: MOST_TRIES,
  },
  trial: {
    work: 'try',
    onSuccess: 'active',
    onFailure: 'failed',
    onRestart: 'trial',
    mostTries: MOST_TRIES,
  },
  active: {
    work: 'prove',
    onSuccess: 'confirmed',
    onFailure: 'rolled_back',
    onRestart: 'active',
    mostTries: MOST_TRIES,
  },
  confirmed: end('confirmed'),
  failed: end('failed'),
  rolled_back: end('rolled_back'),
};

function end(phase: UpdatePhase): Phase {
  return { work: undefined, onSuccess: undefined, onFailure: undefined, onRestart: phase, mostTries: 0 };
}

/** What the codes of failures mean for another try. */
export type FailureKind =
  /** It may pass by itself; tried again for as long as it is wanted. */
  | 'patient'
  /** It may pass; tried again a few times. */
  | 'few'
  /** The version is at fault. */
  | 'refused';

const PATIENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['FOLDER_UNWRITABLE', 'FOLDER_UNLOCKABLE', 'MQTT_UNREACHABLE', 'MQTT_REFUSED', 'MQTT_TLS'] as const),
  ...(['ENGINE_DISK', 'ENGINE_BUSY', 'UPDATE_FETCH', 'UPDATE_NO_SPACE', 'UPDATE_STORE'] as const),
  // A .pub file of the configuration: the version is not at fault.
  ...(['UPDATE_BUSY', 'KEY_INVALID'] as const),
]);
/** What is used where it lies may be put there yet; an archive stays what it is. */
const PUT_THERE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['BUNDLE_NOT_FOUND', 'BUNDLE_INCOMPLETE']);
const FEW: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['ENGINE_MEMORY', 'ENGINE_CANCELLED', 'INTERNAL']);

/** Refusals that other keys may turn around; with new keys mostly comes a new signature. */
const OF_KEYS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['MODEL_UNTRUSTED', 'MODEL_UNSIGNED', 'MODEL_EXPIRED'] as const),
]);

export function failureKind(code: ErrorCode, source?: ModelTarget['source']['kind']): FailureKind {
  if (PATIENT.has(code) || (source === 'place' && PUT_THERE.has(code))) return 'patient';
  return FEW.has(code) ? 'few' : 'refused';
}

/** What is to be done about a slot next. */
export type SlotStep =
  | { do: 'nothing' }
  /** Work of the phase that its update is in. */
  | { do: 'work'; phase: UpdatePhase }
  | { do: 'begin'; target: ModelTarget; downgrade: boolean }
  /** What serves is what is wanted again, or comes under another name. */
  | { do: 'drop' }
  /** The version on probation is no longer wanted: the one before serves again, also until yet another one can. */
  | { do: 'call-back' };

export interface Wanted {
  target: ModelTarget;
  downgrade: boolean;
}

/** What is to become of the slot: what a command chose until the configuration changes, else what that says. */
export function wantedOf(record: SlotRecord, configured: Wanted): Wanted | 'what serves' {
  const { pin } = record;
  if (pin === undefined || pin.configured !== targetKey(configured.target)) return configured;
  if (pin.target === undefined) return 'what serves';
  return { target: pin.target, downgrade: pin.downgrade };
}

export function nextStep(record: SlotRecord, configured: Wanted): SlotStep {
  const wanted = wantedOf(record, configured);
  const key = wanted === 'what serves' ? undefined : targetKey(wanted.target);
  const update = pending(record);
  if (update?.phase === 'active') {
    // Without frames a probation may never end: what is wanted now does not wait for it.
    const other = key !== undefined && key !== targetKey(update.target);
    const goesOn = !other || record.refused.some((each) => each.key === key);
    return goesOn ? { do: 'work', phase: 'active' } : { do: 'call-back' };
  }
  if (update !== undefined && targetKey(update.target) === key) return { do: 'work', phase: update.phase };
  const served = wanted === 'what serves' || serves(record, wanted.target);
  const refused = record.refused.some((each) => each.key === key && stays(each, wanted));
  if (served || refused) return update === undefined ? { do: 'nothing' } : { do: 'drop' };
  return { do: 'begin', ...(wanted as Wanted) };
}

/** What was too old is another question once older versions are wanted. */
function stays({ error }: RefusedTarget, wanted: Wanted | 'what serves'): boolean {
  return error.code !== 'MODEL_TOO_OLD' || wanted === 'what serves' || !wanted.downgrade;
}

/** Whether what serves is what the target names. */
export function serves({ active, activeKey }: SlotRecord, target: ModelTarget): boolean {
  return active !== undefined && activeKey === targetKey(target);
}

/** The update that is under way. */
export function pending({ update }: Pick<SlotRecord, 'update'>): ModelUpdate | undefined {
  return update !== undefined && PHASES[update.phase].work !== undefined ? update : undefined;
}

/** While a change is under way: of what serves, of what is about to, and of what can be called back. */
export function digestsToKeep(record: Partial<Pick<SlotRecord, 'active' | 'previous' | 'update'>>): string[] {
  const update = pending({ update: record.update });
  if (update === undefined) return [];
  const other = update.phase === 'active' ? record.previous : update.version;
  return [record.active, other].flatMap((version) => version?.digest ?? []);
}

/** A change begins. What is used where it lies has nothing to be fetched and unpacked. */
export function begun(record: SlotRecord, target: ModelTarget, at: string, have?: ModelVersion): SlotRecord {
  const phase = target.source.kind === 'place' || have !== undefined ? 'staged' : 'downloading';
  return {
    ...dropped(record, at),
    update: { target, phase, since: at, tries: 0, version: have, error: undefined },
  };
}

/** An update that is under way is given up since something else is wanted. */
export function dropped(record: SlotRecord, at: string): SlotRecord {
  const update = pending(record);
  if (update === undefined || update.phase === 'active') return record;
  return { ...withHistory(record, 'superseded', at, update.error), update: undefined };
}

/** The work of the phase begins, or begins once more. */
export function tried(record: SlotRecord, at: string): SlotRecord {
  return changed(record, (update) => ({ ...update, since: at, tries: update.tries + 1 }));
}

/** The work was stopped in order, or failed for a reason that has nothing to do with the version. */
export function untried(record: SlotRecord, error?: ErrorData): SlotRecord {
  return changed(record, (update) => ({
    ...update,
    tries: Math.max(0, update.tries - 1),
    error: error ?? update.error,
  }));
}

/** The work failed, and is tried again. */
export function failedTry(record: SlotRecord, error: ErrorData): SlotRecord {
  return changed(record, (update) => ({ ...update, error }));
}

/** The work of the phase is done. To `active` this is the switch itself. */
export function advanced(record: SlotRecord, at: string, version?: ModelVersion): SlotRecord {
  const update = requirePending(record);
  const phase = PHASES[update.phase].onSuccess as UpdatePhase;
  const known = version ?? update.version;
  const next: ModelUpdate = { ...update, phase, since: at, tries: 0, version: known, error: undefined };
  if (phase === 'active') {
    const { active, activeKey } = record;
    const switched = { active: known, activeKey: targetKey(update.target) };
    return { ...record, ...switched, previous: active, previousKey: activeKey, update: next };
  }
  if (phase !== 'confirmed') return { ...record, update: next };
  return { ...withHistory(record, 'confirmed', at, undefined), update: next };
}

/** The version is refused, or rolled back if it served already, and not tried again by the same wish. */
export function refused(record: SlotRecord, error: ErrorData, at: string, trust?: string): SlotRecord {
  const update = requirePending(record);
  const phase = PHASES[update.phase].onFailure as UpdatePhase;
  const { target, version } = update;
  const entry: RefusedTarget = {
    ...{ key: targetKey(target), digest: version?.digest, attempt: target.attempt, error, at },
    trust: OF_KEYS.has(error.code) ? trust : undefined,
  };
  const others = record.refused.filter(({ key }) => key !== entry.key);
  const back = phase === 'rolled_back' ? previousServes(record) : {};
  return {
    ...withHistory(record, phase === 'rolled_back' ? 'rolled_back' : 'failed', at, error),
    ...back,
    refused: [...others, entry].slice(-MOST_REFUSED),
    update: { ...update, phase, since: at, error },
  };
}

/** The version on probation makes room for the one before, where there is one, since another is wanted. */
export function calledBack(record: SlotRecord, at: string): SlotRecord {
  if (record.previous === undefined)
    return { ...withHistory(record, 'superseded', at, undefined), update: undefined };
  return {
    ...withHistory(record, 'called_back', at, undefined),
    ...previousServes(record),
    update: undefined,
  };
}

/** What a command wants: the version before serves, and stays until the configuration changes. */
export function rolledBackByCommand(record: SlotRecord, configured: ModelTarget, at: string): SlotRecord {
  const { active, activeKey, previous, previousKey } = record;
  return {
    ...withHistory({ ...record, update: undefined }, 'called_back', at, undefined, previous?.version),
    ...{ active: previous, activeKey: previousKey, previous: active, previousKey: activeKey },
    update: undefined,
    pin: { configured: targetKey(configured), target: undefined, downgrade: false },
  };
}

/** What lies in its place and served already is taken as it is. */
export function adopted(
  record: SlotRecord,
  version: ModelVersion,
  target: ModelTarget,
  at: string,
): SlotRecord {
  return {
    ...withHistory(record, 'adopted', at, undefined, version.version),
    active: version,
    activeKey: targetKey(target),
    update: undefined,
  };
}

/** Why a phase that ends with its process every time is given up. */
export function interrupted(tries: number, phase: UpdatePhase): ErrorData {
  return {
    code: 'UPDATE_INTERRUPTED',
    message: `The daemon or the machine ended ${tries} times while the new version was ${WORDS[phase] ?? phase}.`,
    hint: 'Look into the log of the system for what ended it; "detectd models install --again" tries it once more.',
  };
}

const WORDS: Partial<Record<UpdatePhase, string>> = {
  verified: 'unpacked',
  staged: 'looked into',
  building: 'having its engines built',
  trial: 'tried',
  active: 'on probation',
};

/** What was refused by this wish may be tried again. */
export function forgiven(record: SlotRecord, target: ModelTarget, digest?: string): SlotRecord {
  const key = targetKey(target);
  const stays = record.refused.filter((each) => each.key !== key && (!digest || each.digest !== digest));
  return { ...record, refused: stays };
}

/** What was refused while other keys were trusted may be tried again: one was forgotten, or added since. */
export function forgivenByKeys(record: SlotRecord, trust: string | undefined): SlotRecord {
  const stays = record.refused.filter(({ error, trust: then }) => !OF_KEYS.has(error.code) || then === trust);
  return stays.length === record.refused.length ? record : { ...record, refused: stays };
}

/** Why this very bundle was refused before, by another wish with as many attempts. */
export function refusedBefore(
  { refused }: SlotRecord,
  { digest }: ModelVersion,
  wanted: Wanted,
): ErrorData | undefined {
  const { attempt } = wanted.target;
  const same = refused.filter((each) => each.digest === digest && each.attempt >= attempt);
  return same.find((each) => stays(each, wanted))?.error;
}

function previousServes({ previous, previousKey }: SlotRecord): Partial<SlotRecord> {
  return { active: previous, activeKey: previousKey, previous: undefined, previousKey: undefined };
}

function changed(record: SlotRecord, change: (update: ModelUpdate) => ModelUpdate): SlotRecord {
  return { ...record, update: change(requirePending(record)) };
}

function requirePending(record: SlotRecord): ModelUpdate {
  const update = pending(record);
  if (update === undefined) throw new Error('no update is under way');
  return update;
}

function withHistory(
  record: SlotRecord,
  outcome: SlotOutcome,
  at: string,
  error: ErrorData | undefined,
  to: string | undefined = record.update?.version?.version,
): SlotRecord {
  const { active, previous, update, history } = record;
  const from = (update?.phase === 'active' ? previous : active)?.version;
  const seconds = update === undefined ? undefined : (Date.parse(at) - Date.parse(update.since)) / 1000;
  const entry: SlotHistoryEntry = {
    ...{ at, from, to, outcome, code: error?.code, message: error?.message },
    seconds: seconds === undefined || !(seconds >= 0) ? undefined : seconds,
  };
  return { ...record, history: [...history, entry].slice(-MOST_HISTORY) };
}
