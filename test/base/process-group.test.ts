import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { signalGroup } from '../../dist/base/process-group.js';

t.test('a signal reaches the leader of a group', async (t) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60000)'], { detached: true });
  const ended = once(child, 'exit');
  t.equal(signalGroup(child.pid, 'SIGKILL'), true);
  t.same(await ended, [null, 'SIGKILL']);
  t.equal(signalGroup(child.pid, 'SIGKILL'), false, 'there is none any more');
});

t.test('what is no group is left alone', async (t) => {
  for (const leader of [undefined, 0, 1, -1]) t.equal(signalGroup(leader, 'SIGTERM'), false, `${leader}`);
});
