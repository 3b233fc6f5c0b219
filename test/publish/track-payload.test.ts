import t from 'tap';
import type { OccupancyEvent, PlaceMoment, TrackEvent } from '../../dist/core/track-event.js';
import { occupancyPayload, trackPayload } from '../../dist/publish/track-payload.js';
import { schemaFaults } from '../helpers/payload-check.js';

const EVENT: TrackEvent = {
  ...{ type: 'end', id: 'gate-b007-1', camera: 'gate', label: 'person', labelId: 0 },
  ...{ startUs: 1e6, seenUs: 4e6, score: 0.61239, topScore: 0.95, hits: 31, stationary: false },
  ...{ box: { x1: 64, y1: 48, x2: 320, y2: 240 }, imageWidth: 640, imageHeight: 480 },
  zones: [],
  enteredZones: [],
  path: [[0.3, 0.5]],
  model: { name: 'people', version: '1.2', digest: 'sha256:ab' },
};
const CONTEXT = {
  device: 'dock',
  bootId: 'b007',
  seq: 7,
  nowMonotonicUs: 5e6,
  nowWallMs: Date.UTC(2026, 8, 1),
};

t.test('an event says all of its object, with times of the wall clock', async (t) => {
  const payload = trackPayload(EVENT, CONTEXT);
  t.match(payload, {
    ...{ device: 'dock', camera: 'gate', boot_id: 'b007', seq: 7, type: 'end', id: 'gate-b007-1' },
    ...{ start_ts: '2026-08-31T23:59:56.000Z', ts: '2026-08-31T23:59:59.000Z' },
    ...{ end_ts: '2026-08-31T23:59:59.000Z', confidence: 0.6124, top_confidence: 0.95, hits: 31 },
    ...{ bbox: { x: 0.1, y: 0.1, w: 0.4, h: 0.4 }, bbox_px: [64, 48, 320, 240], path: [[0.3, 0.5]] },
  });
});

t.test('only an end has an end', async (t) => {
  t.notOk('end_ts' in trackPayload({ ...EVENT, type: 'new' }, CONTEXT));
});

t.test('what happened at a place says where', async (t) => {
  const at = (moment: PlaceMoment) =>
    trackPayload(
      { ...EVENT, type: moment.type, zones: ['bay'], enteredZones: ['bay', 'door'], moment },
      CONTEXT,
    );
  const entered = at({ type: 'zone_enter', zone: 'bay' });
  t.match(entered, { type: 'zone_enter', zone: 'bay', zones: ['bay'], entered_zones: ['bay', 'door'] });
  t.notOk('dwell_s' in entered);
  t.match(at({ type: 'zone_exit', zone: 'bay', seconds: 4.04 }), { zone: 'bay', dwell_s: 4 });
  const crossed = at({ type: 'line_cross', line: 'door', direction: 'out' });
  t.match(crossed, { line: 'door', direction: 'out' });
  for (const payload of [entered, crossed]) t.same(schemaFaults('track', payload), []);
});

t.test('how many are in a zone is told without an object', async (t) => {
  const event: OccupancyEvent = {
    ...{ type: 'occupancy', camera: 'gate', zone: 'bay', state: 'high', count: 3 },
    ...{ labels: { person: 3 }, min: 0, max: 2, atUs: 4e6 },
  };
  const payload = occupancyPayload(event, CONTEXT);
  t.match(payload, {
    type: 'occupancy',
    zone: 'bay',
    count: 3,
    max: 2,
    ts: '2026-08-31T23:59:59.000Z',
    seq: 7,
  });
  t.same(schemaFaults('track', payload), []);
  const endless = occupancyPayload({ ...event, max: Number.POSITIVE_INFINITY }, CONTEXT);
  t.notOk('max' in endless);
  t.same(schemaFaults('track', endless), []);
});
