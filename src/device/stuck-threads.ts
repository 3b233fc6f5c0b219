/**
 * What holds a process that does not go on, as its threads tell: the kernel, inside a driver or a disk, or a signal that
 * has stopped it. For the reason in a log, read once before such a process is killed.
 */
import { printable } from '../base/printable.js';
import type { SystemFiles } from './system-files.js';

/** A worker has some dozens. */
const MOST_THREADS = 256;
/** Three say what there is to say. */
const MOST_NAMED = 3;

/** A clause, or undefined where nothing is known or nothing holds it. Never rejects. */
export async function stuckThreads(files: SystemFiles, pid: number): Promise<string | undefined> {
  try {
    const tids = (await files.names(`/proc/${pid}/task`)).slice(0, MOST_THREADS);
    const held: string[] = [];
    for (const tid of tids) {
      const folder = `/proc/${pid}/task/${tid}`;
      const thread = parseStat(await files.read(`${folder}/stat`).catch(() => ''));
      if (thread === undefined) continue;
      if (thread.state === 'T' || thread.state === 't') return 'a signal or a debugger has stopped it';
      if (thread.state !== 'D') continue;
      const place = (await files.read(`${folder}/wchan`).catch(() => '')).trim();
      held.push(place === '' || place === '0' ? thread.name : `${thread.name} (${printable(place)})`);
      if (held.length === MOST_NAMED) break;
    }
    return held.length === 0 ? undefined : `the kernel does not let go of ${held.join(', ')}`;
  } catch {
    return undefined;
  }
}

/** Of /proc/PID/stat: the name is in brackets and may hold some itself. */
function parseStat(text: string): { name: string; state: string } | undefined {
  const [, name, state] = /^\d+ \((.*)\) ([A-Za-z]) /s.exec(text) ?? [];
  return name === undefined || state === undefined ? undefined : { name: printable(name), state };
}
