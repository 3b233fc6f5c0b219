/** Who hears of the device's state, and when. */
import t from 'tap';
import { StateTeller } from '../../dist/daemon/state-teller.js';
import type { DeviceParts } from '../../dist/supervisor/device-state.js';
import { logLines } from '../helpers/log-lines.js';

function rig() {
  const { log, lines } = logLines();
  const announced: string[] = [];
  const systemd: string[] = [];
  const told: string[] = [];
  const teller = new StateTeller({
    log,
    notifier: {
      status: (text) => void systemd.push(text),
      extendTimeout: (us) => void systemd.push(`extend ${us}`),
    },
    events: { state: (state) => void told.push(state) },
    announce: (state, reason) => void announced.push(`${state} ${reason}`),
  });
  return { teller, lines, announced, systemd, told };
}

const ready: DeviceParts = {
  worker: { state: 'ready', health: { state: 'ok', reason: '' }, failing: false },
  services: [],
  cameras: [],
  everReady: true,
};
const worse = { ...ready, complaints: ['rtsp://user:hunter2@host is gone'] };

t.test('a state is announced once, with secrets masked', (t) => {
  const { teller, announced, systemd, told } = rig();
  teller.tell(ready, [], undefined);
  teller.tell(ready, [], undefined);
  teller.tell(worse, ['hunter2'], undefined);
  t.equal(announced.length, 2);
  t.strictSame(told, ['ready', 'degraded'], 'the journal hears the same');
  t.equal(announced[0], 'ready ');
  t.match(announced[1], /^degraded rtsp/);
  t.notOk(announced.join().includes('hunter2'));
  t.equal(systemd.length, 3, 'systemd hears the figures each time');
  t.end();
});

t.test('systemd is asked for patience until the first inference, and while an engine is built', (t) => {
  const { teller, systemd } = rig();
  teller.tell({ ...ready, everReady: false }, [], undefined);
  teller.tell(ready, [], undefined);
  teller.tell(ready, [], 'building the CPU fp32 engine of people');
  t.strictSame(systemd, [
    'ready: 0 of 0 cameras online, 0.0 frames/s',
    'extend 10000000',
    'ready: 0 of 0 cameras online, 0.0 frames/s',
    'ready: 0 of 0 cameras online, 0.0 frames/s; building the CPU fp32 engine of people',
    'extend 10000000',
  ]);
  t.end();
});
