/** A machine from test/fixtures/boards: its files, and the programs that it has. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../dist/base/clock.js';
import { programOutput } from '../../dist/base/program-output.js';
import { loadCompatibility } from '../../dist/device/compatibility.js';
import type { IdentifyOptions } from '../../dist/device/identify.js';
import type { Machine } from '../../dist/device/machine.js';
import { SystemFiles } from '../../dist/device/system-files.js';

const BOARDS = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'boards');

export function boardFolder(name: string): string {
  return join(BOARDS, name);
}

/** The machine whose root is `folder`, of a Jetson's architecture. Its programs are the tree's own, if any. */
export function machineAt(folder: string, other: Partial<IdentifyOptions> = {}): IdentifyOptions & Machine {
  return {
    files: new SystemFiles(folder),
    ask: (program, args) => {
      const name = program.slice(program.lastIndexOf('/') + 1);
      const path = ['usr/sbin', 'usr/bin'].map((part) => join(folder, part, name)).find(existsSync);
      if (path === undefined) return Promise.resolve({ ok: false, reason: 'is not installed' });
      return programOutput(path, args, { timeoutMs: 20_000, maxBytes: 10_000 });
    },
    env: {},
    architecture: 'arm64',
    compatibility: loadCompatibility(),
    packages: new Map(),
    clock: systemClock,
    programFolder: '/opt/detectd/dist',
    ...other,
  };
}
