import t from 'tap';
import type { Health } from '../../dist/core/service.js';
import { Watchdog } from '../../dist/daemon/watchdog.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { logLines } from '../helpers/log-lines.js';

function rig(watchdogIntervalMs: number | undefined) {
  const clock = new FakeClock();
  const { log, lines } = logLines();
  const state: { health: Health; pings: number } = { health: { state: 'ok', reason: '' }, pings: 0 };
  const notifier = {
    watchdogIntervalMs,
    watchdog: () => {
      state.pings += 1;
    },
  };
  const services = () => [{ name: 'worker', health: () => state.health }];
  const watchdog = new Watchdog({ clock, log, notifier, services });
  watchdog.start();
  return { clock, lines, state, watchdog };
}

t.test('systemd is pinged as often as it asks for, also while something is degraded', async (t) => {
  const { clock, state, watchdog } = rig(15_000);
  clock.advance(30_000);
  state.health = { state: 'degraded', reason: 'no broker' };
  clock.advance(15_000);
  t.equal(state.pings, 3);
  watchdog.close();
  t.equal(clock.pending, 0);
});

t.test('while something is stuck systemd is not pinged, and the log says why', async (t) => {
  const { clock, lines, state } = rig(15_000);
  state.health = { state: 'stuck', reason: 'a driver hangs' };
  clock.advance(30_000);
  t.equal(state.pings, 0);
  t.match(lines.at(-1), { level: 60, msg: 'watchdog not fed: worker: a driver hangs' });
  state.health = { state: 'ok', reason: '' };
  clock.advance(15_000);
  t.equal(state.pings, 1);
});

t.test('without a watchdog nothing is done', async (t) => {
  const { clock } = rig(undefined);
  t.equal(clock.pending, 0);
});
