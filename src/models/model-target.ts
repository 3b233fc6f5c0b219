/**
 * What a configuration wants of one model, and the short key by which such a wish is remembered: two wishes with one key
 * are the same wish, so that what was refused for one is not tried again for the other. Pure.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/canonical-json.js';
import { modelSourceText, parseModelSource } from '../config/model-source.js';
import type { ModelConfig } from '../config/schema.js';
import type { ModelTarget } from '../core/model-update.js';

/** What is wanted of a model, and what a version must be to be taken for it. */
export interface ModelWish {
  target: ModelTarget;
  /** As `models.<name>.classes`. */
  classes: ModelConfig['classes'];
  /** A version older than the highest that was confirmed is taken, too. */
  downgrade: boolean;
  /** Outside the time window and over a metered network, too. */
  urgent: boolean;
}

/** Of one model of a configuration whose paths are absolute. Throws CONFIG_INVALID on a bad source. */
export function modelWish(model: ModelConfig): ModelWish {
  const { bundle, sha256, version, attempt, classes, downgrade, urgent } = model;
  const target = { source: parseModelSource(bundle), sha256, version, attempt };
  return { target, classes, downgrade, urgent };
}

/** 32 hexadecimal digits that stand for source, digest, version and attempt, and give none of them away. */
export function targetKey({ source, sha256, version, attempt }: ModelTarget): string {
  const facts = [source.kind, modelSourceText(source), sha256 ?? null, version ?? null, attempt];
  return createHash('sha256').update(canonicalJson(facts)).digest('hex').slice(0, 32);
}
