/**
 * A frame as the message converter of DeepStream writes it with the minimal schema: generate_dsmeta_message_minimal() of
 * nvmsgconv, payload type 1 (PAYLOAD_DEEPSTREAM_MINIMAL), of DeepStream 6.0 to 9.1. config/adapters.md has the fields.
 */
import type { FrameResult } from '../../core/frame-result.js';
import { trackNumbers } from '../../core/track-id.js';
import { boxFields, timestamp } from '../payloads.js';
import { fieldLabel } from './safe-label.js';

export interface DeepstreamMinimal {
  version: '4.0';
  /** Number of the frame. */
  id: string;
  '@timestamp': string;
  sensorId: string;
  /** `trackId|left|top|right|bottom|label` of each. */
  objects: string[];
}

/** UNTRACKED_OBJECT_ID of DeepStream: all 64 bits. */
export const UNTRACKED = '18446744073709551615';

export function deepstreamMinimal(
  result: FrameResult,
  { sensorId, capturedMs }: { sensorId: string; capturedMs: number },
): DeepstreamMinimal {
  const { imageWidth, imageHeight } = result;
  return {
    version: '4.0',
    id: String(result.sequence),
    '@timestamp': timestamp(capturedMs),
    sensorId,
    objects: result.detections.map(({ trackId, box, label }) => {
      const corners = boxFields(box, imageWidth, imageHeight).bbox_px;
      return `${objectId(trackId)}|${corners.join('|')}|${fieldLabel(label)}`;
    }),
  };
}

/** 64 bits in decimal. */
export function objectId(trackId: string | undefined): string {
  return trackId === undefined ? UNTRACKED : (trackNumbers(trackId)?.unique ?? UNTRACKED);
}
