/** Payloads field by field, and detections with numbers that no model should give. */
import t from 'tap';
import { DEVICE_FACTS, type DeviceInfo } from '../../dist/core/device-info.js';
import {
  cameraStatusPayload,
  detectionsPayload,
  infoPayload,
  SCHEMA_VERSION,
  statusPayload,
} from '../../dist/publish/payloads.js';
import { frameResult } from '../helpers/frame-result.js';
import { schemaFaults } from '../helpers/payload-check.js';
import { modelReport } from '../helpers/worker-parts.js';

const nowWallMs = Date.UTC(2026, 8, 14, 8, 21, 4, 512);
const context = { device: 'dock-3', bootId: '7f3c', seq: 7, nowMonotonicUs: 1_051_000, nowWallMs };

t.test('a detections message has exactly the fields of the contract', async (t) => {
  t.strictSame(JSON.parse(JSON.stringify(detectionsPayload(frameResult(), context))), {
    schema: SCHEMA_VERSION,
    device: 'dock-3',
    camera: 'gate',
    boot_id: '7f3c',
    seq: 7,
    ts: '2026-09-14T08:21:04.461Z',
    ts_source: 'arrival',
    latency_ms: { capture: 38, infer: 11, publish: 2 },
    model: { name: 'people', version: '1.2', digest: `sha256:${'ab'.repeat(32)}` },
    image: { w: 640, h: 480 },
    objects: [
      {
        label: 'person',
        label_id: 0,
        confidence: 0.9123,
        bbox: { x: 0.1, y: 0.1, w: 0.4, h: 0.4 },
        bbox_px: [64, 48, 320, 240],
        zones: [],
      },
    ],
  });
});

t.test('a wall clock that jumps moves ts by as much, and nothing else', async (t) => {
  const plain = detectionsPayload(frameResult(), context);
  for (const jump of [-50 * 365 * 86_400_000, 3_600_000]) {
    const moved = detectionsPayload(frameResult(), { ...context, nowWallMs: nowWallMs + jump });
    t.equal(Date.parse(moved.ts) - Date.parse(plain.ts), jump);
    t.strictSame({ ...moved, ts: plain.ts }, plain);
  }
});

t.test('a drawn frame is told with what it really shows, clipped as detections are', async (t) => {
  const box = { x1: 64, y1: 48, x2: 700, y2: 240 };
  const truth = {
    objects: [{ label: 'star', labelId: 3, box, visible: 0.91326 }],
    unsure: [{ label: 'ring', labelId: 5, box: { ...box, x2: 128 }, visible: 0.1 }],
  };
  const payload = detectionsPayload(frameResult({ truth }), context);
  t.strictSame(payload.truth, [
    {
      label: 'star',
      label_id: 3,
      visible: 0.9133,
      bbox: { x: 0.1, y: 0.1, w: 0.9, h: 0.4 },
      bbox_px: [64, 48, 640, 240],
    },
  ]);
  t.strictSame(schemaFaults('detections', payload), []);
  t.equal(payload.ts_source, 'capture');
  t.match(payload.unsure, [{ label: 'ring', label_id: 5, visible: 0.1, bbox_px: [64, 48, 128, 240] }]);
  const empty = detectionsPayload(frameResult({ truth: { objects: [], unsure: [] } }), context);
  t.match(empty, { truth: [], unsure: [] });
});

t.test('a frame without detections is a message without objects', async (t) => {
  t.same(detectionsPayload(frameResult({}, 0), context).objects, []);
});

t.test('latencies are rounded to a tenth and never negative', async (t) => {
  const result = frameResult({ timings: { queue: 1.26, infer: 49.93, decode: 0.01 } });
  t.same(detectionsPayload(result, context).latency_ms, { capture: 1.3, infer: 49.9, publish: 0 });
});

t.test('boxes are clipped to the picture', async (t) => {
  const box = { x1: -10.04, y1: 100.06, x2: 700, y2: 500 };
  const result = frameResult({ detections: [{ label: 'a', labelId: 1, score: 1.5, box }] });
  const [object] = detectionsPayload(result, context).objects;
  t.same(object?.bbox, { x: 0, y: 0.20846, w: 1, h: 0.79154 });
  t.same(object?.bbox_px, [0, 100.1, 640, 480]);
  t.equal(object?.confidence, 1);
});

t.test('numbers that are no numbers never reach the message', async (t) => {
  const nan = Number.NaN;
  const box = { x1: nan, y1: Number.NEGATIVE_INFINITY, x2: Number.POSITIVE_INFINITY, y2: -5 };
  const result = frameResult({
    imageWidth: 640,
    imageHeight: 0,
    detections: [{ label: 'a', labelId: 1, score: nan, box }],
    timings: { queue: nan, infer: Number.POSITIVE_INFINITY, decode: nan },
  });
  const text = JSON.stringify(detectionsPayload(result, context));
  t.strictSame(schemaFaults('detections', JSON.parse(text)), []);
  t.notMatch(text, /null/);
  const [object] = detectionsPayload(result, context).objects;
  t.same(object?.bbox, { x: 0, y: 0, w: 1, h: 0 });
});

t.test('a capture time in the future or in another age still gives a date', async (t) => {
  for (const capturedAtUs of [9e15, -1e30, Number.NaN]) {
    const { ts } = detectionsPayload(frameResult({ capturedAtUs }), context);
    t.ok(Number.isFinite(Date.parse(ts)), `${capturedAtUs} gives ${ts}`);
  }
  const future = detectionsPayload(frameResult({ capturedAtUs: 9e15 }), context);
  t.equal(future.ts, '2026-09-14T08:21:04.512Z');
});

t.test('a status carries its reason only when there is one', async (t) => {
  const source = { device: 'dock-3', bootId: '7f3c', nowWallMs };
  t.strictSame(statusPayload({ ...source, state: 'degraded', reason: 'no camera' }), {
    schema: SCHEMA_VERSION,
    device: 'dock-3',
    state: 'degraded',
    boot_id: '7f3c',
    reason: 'no camera',
    ts: '2026-09-14T08:21:04.512Z',
  });
  t.strictSame(schemaFaults('status', statusPayload({ ...source, state: 'ready' })), []);
  t.notOk('reason' in statusPayload({ ...source, state: 'ready' }));
  t.notOk('reason' in statusPayload({ ...source, state: 'ready', reason: '' }));
});

t.test('a camera status tells error, age and rate where they are known', async (t) => {
  const source = { device: 'dock-3', bootId: '7f3c', camera: 'gate', reconnects: 2, nowWallMs };
  const offline = cameraStatusPayload({
    ...source,
    state: 'offline',
    error: { code: 'CAMERA_LOST', message: 'No frame for 10 s.', hint: 'Check the cable.' },
    lastFrameAgeMs: 10_000.4,
  });
  t.match(offline, { state: 'offline', reason: 'No frame for 10 s.', code: 'CAMERA_LOST', reconnects: 2 });
  t.strictSame(schemaFaults('camera-status', offline), []);
  t.equal(offline.last_frame_age_ms, 10_000);
  t.notOk('fps' in offline);
  t.equal(cameraStatusPayload({ ...source, state: 'online', fps: 24.96 }).fps, 25);
});

t.test('info names models and cameras', async (t) => {
  const info = infoPayload({
    device: 'dock-3',
    bootId: '7f3c',
    version: '0.1.0',
    models: [
      {
        identity: { name: 'people', version: '1.2', digest: 'sha256:00' },
        provider: 'cpu',
        precision: 'fp32',
        family: 'picodet',
        labels: ['person'],
        networkWidth: 416,
        networkHeight: 320,
      },
    ],
    cameras: ['gate'],
    nowWallMs,
  });
  t.strictSame(schemaFaults('info', info), []);
  t.match(info, { version: '0.1.0', node: process.versions.node, cameras: ['gate'] });
  t.strictSame(info.models, {
    people: {
      version: '1.2',
      digest: 'sha256:00',
      provider: 'cpu',
      precision: 'fp32',
      family: 'picodet',
      labels: ['person'],
      input: { w: 416, h: 320 },
      steps_down: [],
    },
  });
});

t.test('info tells which providers a model does without, and why', async (t) => {
  const { identity, ...rest } = modelReport();
  const stepsDown = new Map([[identity.name, [{ provider: 'cuda', reason: 'It crashed.' } as const]]]);
  const source = { device: 'd', bootId: '7f3c', version: '0', cameras: [], nowWallMs };
  const { models } = infoPayload({ ...source, models: [{ identity, ...rest }], stepsDown });
  t.strictSame(models['people']?.steps_down, [{ provider: 'cuda', reason: 'It crashed.' }]);
});

t.test('info tells what the machine is, without what is not known', async (t) => {
  const source = { device: 'dock-3', bootId: '7f3c', version: '0.1.0', models: [], cameras: [], nowWallMs };
  t.equal('fingerprint' in infoPayload(source), false);
  const unknown = Object.fromEntries(DEVICE_FACTS.map((name) => [name, undefined])) as DeviceInfo;
  const fingerprint: DeviceInfo = { ...unknown, l4t: '36.4.4', computeCapability: '8.7', powerMode: '25W' };
  t.strictSame(infoPayload({ ...source, fingerprint }).fingerprint, {
    l4t: '36.4.4',
    compute_capability: '8.7',
    power_mode: '25W',
  });
});
