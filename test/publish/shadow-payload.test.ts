/** The message of a new version beside the one that serves. */
import t from 'tap';
import { shadowPayload } from '../../dist/publish/shadow-payload.js';
import { schemaFaults } from '../helpers/payload-check.js';

t.test('counts by camera, and examples in pixels', async (t) => {
  const thing = { label: 'thing', labelId: 0, score: 0.91236, box: { x1: 0.123, y1: 1, x2: 9, y2: 9 } };
  const example = { ts: '2026-01-02T03:04:05.000Z', onlyOld: [], onlyNew: [thing], width: 640, height: 480 };
  const payload = shadowPayload({
    ...{
      device: 'dock',
      bootId: 'b',
      nowWallMs: 0,
      model: 'people',
      digest: 'sha256:1',
      seconds: 20,
      frames: 3,
    },
    ...{ agreement: 1 / 3, done: true },
    cameras: [{ camera: 'gate', frames: 3, both: 1, onlyOld: 0, onlyNew: 2, examples: [example] }],
  });
  t.strictSame(schemaFaults('shadow', payload), []);
  t.match(payload, { model: 'people', agreement: 0.3333, done: true, ts: '1970-01-01T00:00:00.000Z' });
  t.strictSame(payload.cameras, {
    gate: {
      ...{ frames: 3, both: 1, only_old: 0, only_new: 2 },
      examples: [
        {
          ts: example.ts,
          image: { w: 640, h: 480 },
          only_old: [],
          only_new: [{ label: 'thing', confidence: 0.9124, bbox_px: [0.1, 1, 9, 9] }],
        },
      ],
    },
  });
});

t.test('before anything was found there is no agreement', async (t) => {
  const facts = {
    model: 'people',
    digest: 'd',
    seconds: 0,
    frames: 0,
    agreement: undefined,
    done: false,
    cameras: [],
  };
  t.match(shadowPayload({ ...facts, device: 'dock', bootId: 'b', nowWallMs: 0 }), {
    agreement: null,
    cameras: {},
  });
});
