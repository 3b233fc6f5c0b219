/** What doctor says of reboots. */
import t from 'tap';
import { rebootFindings } from '../../dist/commands/reboot-checks.js';

t.test('nothing is said where no reboot is wanted', async (t) => {
  t.strictSame(await rebootFindings(false, t.testdir({})), []);
});

t.test('a wish for reboots needs the unit that answers', async (t) => {
  t.match(await rebootFindings(true, t.testdir({})), [
    { check: 'reboot', state: 'warning', cure: 'sudo scripts/install --allow-reboot yes' },
  ]);
  const wants = { 'paths.target.wants': { 'detectd-reboot.path': '' } };
  const root = t.testdir({ etc: { systemd: { system: wants } } });
  t.match(await rebootFindings(true, root), [{ check: 'reboot', state: 'ok' }]);
});
