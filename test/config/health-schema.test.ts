import t from 'tap';
import { health, http } from '../../dist/config/health-schema.js';

t.test('without a word about it health is looked after and metrics stay on this machine', async (t) => {
  t.match(health.parse({}), { recycle: true, slow_down: true, restart: true, reboot: false });
  t.match(http.parse({}), { enabled: true, host: '127.0.0.1' });
});

t.test('limits that would undo the watch are refused', async (t) => {
  for (const wrong of [{ interval_s: 0 }, { interval_s: 3600 }, { worker_memory_mb: 1 }, { max_temp_c: 300 }])
    t.notOk(health.safeParse(wrong).success, JSON.stringify(wrong));
  t.notOk(http.safeParse({ port: 70_000 }).success);
  t.notOk(http.safeParse({ texfile: 'x' }).success, 'a misspelt key');
});
