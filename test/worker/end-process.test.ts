/** How a process with GStreamer in it ends. */
import { spawnSync } from 'node:child_process';
import t from 'tap';

t.test('the process is gone at once, whatever its threads wait for', async (t) => {
  const module = new URL('../../dist/worker/end-process.js', import.meta.url);
  // A read of a pipe without a writer keeps a thread of Node's pool for ever.
  const script = `
    import { execFileSync } from 'node:child_process';
    import { open } from 'node:fs/promises';
    execFileSync('mkfifo', ['${t.testdir()}/pipe']);
    void open('${t.testdirName}/pipe', 'r');
    const { endNow } = await import('${module.href}');
    setTimeout(endNow, 50);`;
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 30_000 });
  t.equal(ended.error, undefined);
  t.equal(ended.signal, 'SIGKILL');
});
