/** What the broker holds of the board of health-report.ts, as it is read. */
import type { DeviceState } from '../../dist/publish/device-book.js';
import { healthPayload } from '../../dist/publish/health-payload.js';
import { cameraStatusPayload, type InfoPayload, statusPayload } from '../../dist/publish/payloads.js';
import { healthReport } from './health-report.js';

/** Four seconds after the report. */
export const NOW_MS = Date.parse('2026-11-22T08:21:08.900Z');
const source = { device: 'dock-3', bootId: 'f8132379', nowWallMs: NOW_MS - 77_000 };

/** As it comes from JSON. */
function read<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

export function deviceState(change: Partial<DeviceState> = {}): DeviceState {
  const camera = (name: string, fps: number) =>
    cameraStatusPayload({ ...source, camera: name, state: 'online', reconnects: 0, fps, lastFrameAgeMs: 70 });
  const error = { code: 'CAMERA_LOST' as const, message: 'No frame came for 10 s.' };
  const lane = {
    ...source,
    camera: 'lane',
    state: 'offline' as const,
    reconnects: 7,
    lastFrameAgeMs: 10_004,
    error,
  };
  return read({
    device: 'dock-3',
    status: statusPayload({ ...source, state: 'degraded', reason: 'camera "lane": No frame came for 10 s.' }),
    info: {
      version: '0.1.0',
      cameras: ['gate', 'yard', 'dock-west', 'lane'],
      models: { people: { version: '1.2', provider: 'cpu', precision: 'fp32', family: 'PicoDet' } },
    } as unknown as InfoPayload,
    health: { ...healthPayload({ report: healthReport(), device: 'dock-3', bootId: 'f8132379' }) },
    cameras: {
      gate: camera('gate', 10),
      yard: camera('yard', 10),
      'dock-west': camera('dock-west', 14.9),
      lane: cameraStatusPayload(lane),
    },
    models: {
      people: {
        ...{ schema: '1.0.0', device: 'dock-3', boot_id: 'f8132379', model: 'people', ts: '' },
        phase: 'building',
        percent: 34,
        provider: 'tensorrt',
        precision: 'fp16',
        active: { digest: '', version: '1.2', provider: 'cuda', precision: 'fp32', engine: null },
        steps_down: [],
      },
    },
    ...change,
  });
}

/** A message of each topic that holds nothing it should. */
export function hostileState(): DeviceState {
  const evil = '\u001b]0;owned\u0007\u009b31m\u202e';
  const wrong = { state: {}, reason: 7, ts: [], fps: 'many', last_frame_age_ms: -1e308, reconnects: null };
  return {
    device: evil,
    status: { state: evil, reason: evil.repeat(1000), ts: 'soon' },
    info: { version: {}, cameras: [evil, '__proto__', 'constructor'], models: { [evil]: { version: 7 } } },
    cameras: { [evil]: { ...wrong, state: evil } },
    models: { [evil]: { phase: evil, steps_down: [{}, { provider: evil }], last_error: 7, elapsed_s: {} } },
    health: {
      ...{ ts: 9, uptime_s: 'long', services: { [evil]: evil, worker: { state: 'stuck', reason: evil } } },
      machine: { temperatures_c: { [evil]: 1e300, a: 'hot' }, throttled_by: [evil, 7], power_mode: evil },
      processes: [7, null, { name: evil, pid: 'x' }],
      memory: { [evil]: { mb: 'x', verdict: evil, mb_per_hour: 1e300 }, worker: 7, gpu: null },
      cameras: [],
      worker: { state: evil, failures: { [evil]: 2, a: {} } },
      mqtt: 'none',
      remedies: {
        taken: { [evil]: { [evil]: 1 }, recycle: 7 },
        pending: evil,
        last: { ts: evil },
        max_rate: '1',
      },
      history: { interval_s: -1, worker_mb: new Array(50_000).fill(1), fps: ['x', 1e308, -1e308], gpu_mb: 7 },
      missing: { [evil]: evil },
    },
  } as unknown as DeviceState;
}
