/** What a request of a command makes of a slot's record. Pure. */
import type { ErrorData } from '../base/errors.js';
import type { ModelTarget } from '../core/model-update.js';
import { targetKey } from './model-target.js';
import type { SlotRecord } from './slot-record.js';
import { calledBack, forgiven, rolledBackByCommand, type Wanted, wantedOf } from './update-phases.js';
import type { UpdateRequest } from './update-request.js';
import type { KeptVersion } from './version-folder.js';

/** The record, with the request taken or the reason why not. `versions`: those in the store. */
export function requested(
  record: SlotRecord,
  request: UpdateRequest,
  configured: ModelTarget,
  versions: readonly KeptVersion[],
  at: string,
): SlotRecord {
  const taken = { ...record, request: { id: request.id, error: undefined, over: false } };
  if (request.do === 'install') return installed(taken, request, configured);
  const target = request.to === undefined ? previousOf(taken) : chosen(taken, request.to, versions);
  if ('code' in target) return { ...record, request: { id: request.id, error: target, over: true } };
  if (taken.update?.phase === 'active' && request.to === undefined) {
    // It may not be begun again by itself: the configuration still wants it.
    const stays = { configured: targetKey(configured), target: undefined, downgrade: false };
    return { ...calledBack(taken, at), pin: stays };
  }
  return rolledBackByCommand({ ...taken, ...target }, configured, at);
}

/** Nothing is left to be done about the slot: the request is over, with what the wish was refused for. */
export function answered(record: SlotRecord, configured: Wanted): SlotRecord {
  const { request, refused } = record;
  if (request === undefined || request.over) return record;
  const wanted = wantedOf(record, configured);
  const key = wanted === 'what serves' ? undefined : targetKey(wanted.target);
  const error = refused.find((each) => each.key === key)?.error;
  return { ...record, request: { ...request, error, over: true } };
}

function installed(record: SlotRecord, request: UpdateRequest, configured: ModelTarget): SlotRecord {
  const { target, again, downgrade } = request;
  const wanted = target ?? configured;
  const own = target === undefined && !downgrade;
  const pin = own ? undefined : { configured: targetKey(configured), target: wanted, downgrade };
  const refusedAs = record.refused.find(({ key }) => key === targetKey(wanted))?.digest;
  return { ...(again ? forgiven(record, wanted, refusedAs) : record), pin };
}

type WayBack = Pick<SlotRecord, 'previous' | 'previousKey'>;

function previousOf({ previous, previousKey }: SlotRecord): WayBack | ErrorData {
  if (previous !== undefined) return { previous, previousKey };
  return {
    code: 'UPDATE_UNKNOWN',
    message: 'There is no version before the one that serves.',
    hint: '"detectd models list" shows which versions are kept; --to names one.',
  };
}

function chosen(
  { model, active }: SlotRecord,
  to: string,
  versions: readonly KeptVersion[],
): WayBack | ErrorData {
  const found = versions.filter(
    (kept) =>
      kept.model === model &&
      kept.confirmed !== undefined &&
      (kept.version.version === to || (to.length >= 8 && kept.version.archive?.startsWith(to))),
  );
  const [only] = found.sort((a, b) => (a.adopted < b.adopted ? 1 : -1));
  if (only !== undefined && only.version.digest !== active?.digest)
    return { previous: only.version, previousKey: only.key };
  return {
    code: 'UPDATE_UNKNOWN',
    message:
      only === undefined
        ? `The store has no version ${JSON.stringify(to)} of "${model}" that has proved itself.`
        : `The version ${JSON.stringify(to)} of "${model}" serves already.`,
    hint: '"detectd models list" shows which versions are kept.',
  };
}
