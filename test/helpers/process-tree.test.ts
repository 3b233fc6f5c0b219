/** Processes below one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { isAlive, processesBelow } from './process-tree.js';

t.test('children and their children are found while they live', async (t) => {
  const script = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(()=>{},1e6);console.log(1)'],
    { stdio: ['ignore', 1, 1] }); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  const pid = child.pid as number;
  const below = processesBelow(process.pid).map((entry) => entry.pid);
  const [grandchild] = processesBelow(pid);
  t.ok(below.includes(pid));
  t.ok(below.includes(grandchild?.pid as number));
  t.match(grandchild?.command, /setInterval/);
  t.ok(isAlive(pid));
  process.kill(grandchild?.pid as number, 'SIGKILL');
  child.kill('SIGKILL');
  await once(child, 'close');
  t.notOk(isAlive(pid));
  t.strictSame(processesBelow(pid), []);
});
