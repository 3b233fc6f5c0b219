/** Has a process kill itself before a certain step on the file system, as a crash would. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const PROMISED = ['mkdir', 'open', 'rename', 'rm', 'writeFile', 'truncate', 'readdir', 'opendir', 'lstat'];
const PLAIN = ['open', 'write', 'mkdir'];
const OF_FILES = ['sync', 'write', 'read'];

/** Counts from 0. Must be called before anything that is to be counted takes its functions from node:fs. */
export async function killAtStep(last) {
  let steps = 0;
  const counting = (object, name) => {
    const original = object[name];
    object[name] = function (...args) {
      if (steps === last) process.kill(process.pid, 'SIGKILL');
      steps += 1;
      return original.apply(this, args);
    };
  };
  for (const name of PROMISED) counting(fs.promises, name);
  for (const name of PLAIN) counting(fs, name);
  syncBuiltinESMExports();
  const handle = await fs.promises.open(process.execPath);
  for (const name of OF_FILES) counting(Object.getPrototypeOf(handle), name);
  await handle.close();
  steps = 0;
}
