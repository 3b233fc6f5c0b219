/** A folder for one test of the whole program, with a temporary folder of its own that must be empty afterwards. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';

export interface Workspace {
  folder: string;
  /** With TMPDIR inside the folder. */
  env: NodeJS.ProcessEnv;
  /** What the program left in its temporary folder. */
  leftovers(): string[];
}

export function workspace(t: Pick<Test, 'testdir'>, content: Record<string, string> = {}): Workspace {
  const folder = t.testdir(content);
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  return {
    folder,
    env: { ...process.env, TMPDIR: temporary },
    leftovers: () => readdirSync(temporary),
  };
}
