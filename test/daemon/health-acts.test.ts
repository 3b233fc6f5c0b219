import t from 'tap';
import type { DetectdError } from '../../dist/base/errors.js';
import { healthActs } from '../../dist/daemon/health-acts.js';

function means(transport: 'addon' | 'none') {
  const ended: DetectdError[] = [];
  const acts = healthActs({
    notifier: { transport },
    env: {},
    renew: async () => {},
    setRate: async () => {},
    end: (error) => void ended.push(error),
  });
  return { acts, ended };
}

t.test('as a service the daemon may end to be started again, with the reason as its error', async (t) => {
  const { acts, ended } = means('addon');
  acts.restart?.('memory of the supervising process grows');
  t.match(ended, [{ code: 'RESTART_WANTED', message: /: memory of the supervising process grows\.$/ }]);
});

t.test('on a terminal nobody would start it again, so it does not end', async (t) => {
  t.equal(means('none').acts.restart, undefined);
});
