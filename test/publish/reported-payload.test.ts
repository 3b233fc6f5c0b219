/** The message of config/reported, field by field. */
import t from 'tap';
import { reportedPayload } from '../../dist/publish/reported-payload.js';
import { schemaFaults } from '../helpers/payload-check.js';

t.test('what is known is said, what is not is left away', (t) => {
  const payload = reportedPayload({
    device: 'dock-3',
    bootId: '7f3c',
    nowWallMs: Date.UTC(2026, 10, 23),
    local: { path: '/etc/detectd/detectd.yaml', digest: 'sha256:aa' },
    documents: {
      fleet: {
        state: 'waiting',
        version: 12,
        error: undefined,
        rollout: { bucket: 34.668, percent: 10, in: false, waiting: 'not yet' },
      },
      device: {
        state: 'refused',
        version: undefined,
        error: { code: 'DESIRED_MALFORMED', message: 'It is.', hint: 'Do.' },
        rollout: undefined,
      },
    },
    inForce: { fleet: 11, device: undefined, digest: 'sha256:bb' },
    leftOut: [{ path: 'a.b', code: 'DESIRED_PINNED', message: 'It is.', document: 'fleet' }],
    models: {
      people: { wanted: 'https://h/x 1.3', active: 'sha256:cc', phase: 'serving', error: undefined },
      cars: {
        wanted: '/x',
        active: undefined,
        phase: 'failed',
        error: { code: 'MODEL_LOAD', message: 'No.' },
      },
    },
  });
  t.strictSame(schemaFaults('reported', payload), []);
  t.strictSame(payload, {
    schema: payload.schema,
    device: 'dock-3',
    boot_id: '7f3c',
    ts: '2026-11-23T00:00:00.000Z',
    local: { path: '/etc/detectd/detectd.yaml', digest: 'sha256:aa' },
    documents: {
      fleet: {
        state: 'waiting',
        version: 12,
        rollout: { bucket: 34.668, percent: 10, in: false, waiting: 'not yet' },
      },
      device: { state: 'refused', code: 'DESIRED_MALFORMED', message: 'It is.', hint: 'Do.' },
    },
    in_force: { fleet: 11, digest: 'sha256:bb' },
    left_out: [{ path: 'a.b', code: 'DESIRED_PINNED', message: 'It is.', document: 'fleet' }],
    models: {
      people: { wanted: 'https://h/x 1.3', phase: 'serving', active: 'sha256:cc' },
      cars: { wanted: '/x', phase: 'failed', error: { code: 'MODEL_LOAD', message: 'No.' } },
    },
  });
  t.end();
});
