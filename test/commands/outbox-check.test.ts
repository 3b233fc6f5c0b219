/** What doctor says of the place where stored messages wait. */
import { join } from 'node:path';
import t from 'tap';
import { checkOutbox, outboxFinding } from '../../dist/commands/outbox-check.js';

const settings = {
  ...{ enabled: true, store: ['events' as const], max_mb: 1, max_age_h: 168 },
  ...{ sync_s: 5, replay_per_s: 100 },
};

t.test('a folder that is there, or not yet, has room', async (t) => {
  const state = t.testdir({ outbox: { CURRENT: 'x' } });
  const found = await checkOutbox(settings, state);
  t.match(found, { check: 'outbox', state: 'ok', detail: /room for 1 MB; a power cut costs 5 s at most/ });
  t.match(await checkOutbox(settings, t.testdir({})), { state: 'ok' });
  t.match(await checkOutbox({ ...settings, enabled: false }, '/none'), { state: 'ok', detail: /memory/ });
});

t.test('what is no folder is a fault, what was set aside a warning', async (t) => {
  const state = t.testdir({ outbox: 'a file' });
  t.match(await checkOutbox(settings, state), { state: 'failed', detail: /cannot be used/ });
  t.match(await checkOutbox(settings, join(state, 'none')), { state: 'failed' });
  const damaged = t.testdir({ 'outbox.bad-2026': {} });
  t.match(await checkOutbox(settings, damaged), { state: 'warning', detail: /outbox\.bad-2026/ });
});

t.test('a disk without room for what is allowed is told, what it holds already counts', async (t) => {
  const facts = { folder: '/var/outbox', settings: { max_mb: 64, sync_s: 5 }, damaged: undefined };
  t.match(outboxFinding({ ...facts, used: 0, free: 63_900_000 }), {
    state: 'warning',
    detail: /allows 64 MB in \/var\/outbox, and the disk has room for 63/,
    cure: /outbox\.max_mb/,
  });
  t.match(outboxFinding({ ...facts, used: 60e6, free: 5e6 }), { state: 'ok' });
});
