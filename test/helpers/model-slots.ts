/** Slots, versions and targets made up for the tests of models that change. */
import type { ModelTarget, ModelVersion } from '../../dist/core/model-update.js';
import { targetKey } from '../../dist/models/model-target.js';
import { emptySlot, type SlotRecord } from '../../dist/models/slot-record.js';

export const VERSIONS = '/state/models/versions';
export const AT = '2026-01-02T03:04:05.000Z';

/** A digit that stands for a whole digest. */
export function sha(digit: string): string {
  return digit.repeat(64);
}

/** From a file; `digit` tells it from others. */
export function madeUpTarget(digit: string, change: Partial<ModelTarget> = {}): ModelTarget {
  const source = { kind: 'file', path: `/srv/${digit}.tar.gz` } as const;
  return { source, sha256: sha(digit), version: undefined, attempt: 1, ...change };
}

export function madeUpVersion(digit: string, change: Partial<ModelVersion> = {}): ModelVersion {
  return {
    digest: `sha256:${sha(digit)}`,
    archive: sha(digit),
    version: `1.${digit}.0`,
    name: 'people',
    path: `${VERSIONS}/${sha(digit)}/bundle`,
    signedBy: undefined,
    labels: ['person'],
    bytes: 1000,
    ...change,
  };
}

/** A slot in which version `digit` serves, and is confirmed. */
export function servingSlot(digit: string): SlotRecord {
  const active = madeUpVersion(digit);
  return {
    ...emptySlot('people'),
    active,
    activeKey: targetKey(madeUpTarget(digit)),
    highest: active.version,
  };
}
