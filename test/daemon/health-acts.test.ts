import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { healthActs } from '../../dist/daemon/health-acts.js';
import { FakeClock } from '../helpers/fake-clock.js';

function means(transport: 'addon' | 'none', env: NodeJS.ProcessEnv = {}) {
  let ends = 0;
  const acts = healthActs({
    notifier: { transport },
    env,
    clock: new FakeClock(),
    renew: async () => {},
    setRate: async () => {},
    end: () => {
      ends += 1;
    },
  });
  return { acts, ends: () => ends };
}

t.test('as a service the daemon may end in order to be started again', async (t) => {
  const { acts, ends } = means('addon');
  acts.restart?.();
  t.equal(ends(), 1);
});

t.test('on a terminal nobody would start it again, so it does not end', async (t) => {
  t.equal(means('none').acts.restart, undefined);
});

t.test('a reboot is asked for in the folder that systemd made for it', async (t) => {
  const folder = t.testdir({});
  await means('addon', { RUNTIME_DIRECTORY: folder }).acts.reboot('the worker crashes');
  t.match(JSON.parse(readFileSync(join(folder, 'reboot-request'), 'utf8')), { reason: 'the worker crashes' });
  await t.rejects(means('addon').acts.reboot('the worker crashes'), /only a service of systemd/);
});
