/** The message of `models/<name>/shadow`: what a new version finds and the one that serves does not, and the other way round. */
import type { Detection } from '../core/detection.js';
import type { ShadowFacts } from '../core/model-trial.js';
import { SCHEMA_VERSION, timestamp } from './payloads.js';
import type { ShadowObject, ShadowPayload } from './schemas/shadow-schema.js';

export type { ShadowPayload };

export function shadowPayload(
  source: ShadowFacts & { device: string; bootId: string; nowWallMs: number },
): ShadowPayload {
  const { device, bootId, nowWallMs, model, digest, seconds, frames, done, cameras } = source;
  return {
    schema: SCHEMA_VERSION,
    device,
    boot_id: bootId,
    ts: timestamp(nowWallMs),
    ...{ model, digest, seconds, frames, done },
    agreement: source.agreement === undefined ? null : Number(source.agreement.toFixed(4)),
    cameras: Object.fromEntries(
      cameras.map(({ camera, frames, both, onlyOld, onlyNew, examples }) => [
        camera,
        {
          frames,
          both,
          only_old: onlyOld,
          only_new: onlyNew,
          examples: examples.map(({ ts, width, height, onlyOld, onlyNew }) => ({
            ts,
            image: { w: width, h: height },
            only_old: onlyOld.map(shadowObject),
            only_new: onlyNew.map(shadowObject),
          })),
        },
      ]),
    ),
  };
}

function shadowObject({ label, score, box: { x1, y1, x2, y2 } }: Detection): ShadowObject {
  const tenths = (value: number): number => Math.round(value * 10) / 10;
  return {
    label,
    confidence: Number(score.toFixed(4)),
    bbox_px: [tenths(x1), tenths(y1), tenths(x2), tenths(y2)],
  };
}
