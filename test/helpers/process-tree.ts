/** The processes below one, as /proc tells them. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  pid: number;
  parent: number;
  command: string;
}

/** Children, their children, and so on; without those that have ended and wait to be noticed. */
export function processesBelow(pid: number): ProcessEntry[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => entry(Number(name)));
  const below: ProcessEntry[] = [];
  const parents = new Set([pid]);
  for (let grew = true; grew; ) {
    const next = all.filter((each) => parents.has(each.parent) && !parents.has(each.pid));
    for (const each of next) parents.add(each.pid);
    below.push(...next);
    grew = next.length > 0;
  }
  return below;
}

export function isAlive(pid: number): boolean {
  return entry(pid).length > 0;
}

function entry(pid: number): ProcessEntry[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return state === 'Z' ? [] : [{ pid, parent: Number(parent), command }];
  } catch {
    return [];
  }
}
