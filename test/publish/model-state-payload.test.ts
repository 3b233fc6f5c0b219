/** The message about a model. */
import t from 'tap';
import { modelStatePayload } from '../../dist/publish/model-state-payload.js';
import { SCHEMA_VERSION } from '../../dist/publish/payloads.js';
import { schemaFaults } from '../helpers/payload-check.js';

const source = {
  device: 'dock-3',
  bootId: '7f3c',
  nowWallMs: Date.UTC(2026, 8, 14, 8, 0, 0),
  model: 'people',
  phase: 'serving',
  building: undefined,
  active: undefined,
  previousDigest: undefined,
  update: undefined,
  error: undefined,
  stepsDown: [],
} as const;

t.test('what is not known is left out', (t) => {
  t.strictSame(modelStatePayload({ ...source, phase: 'loading' }), {
    schema: SCHEMA_VERSION,
    device: 'dock-3',
    boot_id: '7f3c',
    model: 'people',
    phase: 'loading',
    steps_down: [],
    ts: '2026-09-14T08:00:00.000Z',
  });
  t.end();
});

t.test('it tells what serves, what served before, what failed and what is missing', (t) => {
  const payload = modelStatePayload({
    ...source,
    phase: 'failed',
    active: { digest: 'sha256:1', version: '2', provider: 'cuda', precision: 'fp32', engine: undefined },
    previousDigest: 'sha256:0',
    error: { code: 'ENGINE_BUILD', message: 'It failed.', hint: 'Look.' },
    stepsDown: [{ provider: 'tensorrt', reason: 'It crashed.' }],
  });
  t.strictSame(schemaFaults('model-state', payload), []);
  t.match(payload, {
    active: { digest: 'sha256:1', version: '2', provider: 'cuda', precision: 'fp32', engine: null },
    previous_digest: 'sha256:0',
    last_error: { code: 'ENGINE_BUILD', message: 'It failed.', hint: 'Look.' },
    steps_down: [{ provider: 'tensorrt', reason: 'It crashed.' }],
  });
  t.end();
});

t.test('a build has its engine and its times, and a percentage where one is expected', (t) => {
  const building = {
    provider: 'tensorrt',
    precision: 'fp16',
    elapsedMs: 61_400,
    expectedMs: 540_000,
  } as const;
  t.match(modelStatePayload({ ...source, phase: 'building', building }), {
    phase: 'building',
    percent: 11,
    elapsed_s: 61,
    expected_s: 540,
    provider: 'tensorrt',
    precision: 'fp16',
  });
  const first = modelStatePayload({ ...source, building: { ...building, expectedMs: undefined } });
  t.notOk('percent' in first);
  t.notOk('expected_s' in first);
  t.equal(first.elapsed_s, 61);
  t.end();
});

t.test('a new version tells where it comes from, how far it is and what it waits for', async (t) => {
  const update = {
    source: 'https://host/people-2.tar.gz',
    phase: 'downloading',
    since: '2026-09-14T07:59:00Z',
    version: undefined,
    digest: undefined,
    error: undefined,
    progress: { done: 25, total: 100, leftMs: 90_400, waiting: undefined },
    there: true,
  } as const;
  const payload = modelStatePayload({ ...source, phase: 'downloading', update });
  t.strictSame(schemaFaults('model-state', payload), []);
  t.match(payload, { phase: 'downloading', percent: 25, expected_s: 90 });
  t.strictSame(payload.update, {
    source: 'https://host/people-2.tar.gz',
    phase: 'downloading',
    since: '2026-09-14T07:59:00Z',
  });
  const waiting = {
    ...update.progress,
    total: undefined,
    leftMs: undefined,
    waiting: 'the window opens at 22:00',
  };
  const later = modelStatePayload({
    ...source,
    phase: 'downloading',
    update: { ...update, progress: waiting },
  });
  t.notOk('percent' in later || 'expected_s' in later);
  t.equal(later.update?.waiting, 'the window opens at 22:00');
});

t.test('a version that was refused is named with the reason', async (t) => {
  const error = { code: 'MODEL_BAD_SIGNATURE', message: 'It is not signed.', hint: 'Sign it.' } as const;
  const payload = modelStatePayload({
    ...source,
    update: {
      source: 'file:/srv/p.tgz',
      phase: 'failed',
      since: '2026-09-14T07:59:00Z',
      version: '2',
      digest: 'sha256:2',
      error,
      progress: undefined,
      there: true,
    },
  });
  t.match(payload, {
    phase: 'serving',
    update: { phase: 'failed', version: '2', digest: 'sha256:2', error },
  });
  t.notOk('last_error' in payload, 'what serves is well');
});
