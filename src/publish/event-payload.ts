/** The message of `events`, as a pure builder: something that happened to the device, once and in order. */
import type { DeviceEvent } from '../core/device-event.js';
import { SCHEMA_VERSION, timestamp } from './payloads.js';
import type { EventPayload } from './schemas/event-schema.js';

export function eventPayload(source: {
  event: DeviceEvent;
  device: string;
  bootId: string;
  seq: number;
  nowWallMs: number;
}): EventPayload {
  const { type, severity, message, code, camera, model, fields } = source.event;
  return {
    schema: SCHEMA_VERSION,
    device: source.device,
    boot_id: source.bootId,
    seq: source.seq,
    ts: timestamp(source.nowWallMs),
    type,
    severity,
    message,
    ...(code === undefined ? {} : { code }),
    ...(camera === undefined ? {} : { camera }),
    ...(model === undefined ? {} : { model }),
    ...own(fields),
  };
}

const TAKEN = new Set([
  ...['schema', 'device', 'boot_id', 'seq', 'ts', 'type', 'severity', 'message', 'code', 'camera', 'model'],
  'historical',
]);

/** What would hide a field that each event has is left out. */
function own(fields: Record<string, unknown> | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields ?? {}).filter(([name, value]) => value !== undefined && !TAKEN.has(name)),
  );
}
