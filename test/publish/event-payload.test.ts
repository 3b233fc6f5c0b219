/** The message of an event. */
import t from 'tap';
import { eventPayload } from '../../dist/publish/event-payload.js';

const base = { device: 'dock-3', bootId: 'b00t', seq: 4, nowWallMs: Date.UTC(2026, 0, 2) };

t.test('facts stand beside what each event has, and never hide it', async (t) => {
  const payload = eventPayload({
    ...base,
    event: {
      ...{ type: 'camera-state', message: 'camera "gate" is offline', severity: 'warning' },
      ...{ code: 'CAMERA_LOST', camera: 'gate', model: undefined },
      fields: { state: 'offline', seq: 99, historical: true, unknown: undefined },
    },
  });
  t.match(payload, {
    ...{ device: 'dock-3', boot_id: 'b00t', seq: 4, ts: '2026-01-02T00:00:00.000Z' },
    ...{ type: 'camera-state', severity: 'warning', code: 'CAMERA_LOST', camera: 'gate', state: 'offline' },
  });
  t.notOk('historical' in payload || 'unknown' in payload || 'model' in payload);
});
