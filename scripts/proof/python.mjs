/** A Python with pycocotools: one that is there, or a small environment of our own in the cache folder. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './programs.mjs';

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'detectd');
const OWN = join(CACHE, 'proof', 'venv');

/** `{ python }`, or `{ impossible }` with the reason. $PYTHON is tried first. */
export async function pythonWithCoco() {
  const exporter = join(CACHE, 'export', 'venv', 'bin', 'python');
  const own = join(OWN, 'bin', 'python');
  for (const python of [process.env.PYTHON, exporter, own, 'python3'])
    if (python && (await works(python))) return { python };
  mkdirSync(join(CACHE, 'proof'), { recursive: true });
  rmSync(OWN, { recursive: true, force: true });
  for (const [program, ...args] of [
    ['python3', '-m', 'venv', OWN],
    [
      own,
      '-m',
      'pip',
      'install',
      '--disable-pip-version-check',
      '-q',
      '--retries',
      '1',
      'numpy',
      'pycocotools',
    ],
  ]) {
    const { status, stderr, stdout } = await run(program, args).catch((error) => ({ stderr: error.message }));
    if (status === 0) continue;
    rmSync(OWN, { recursive: true, force: true });
    const why = `${stderr}\n${stdout ?? ''}`.trim().split('\n').at(-1);
    return { impossible: `no Python with pycocotools: ${why}; set PYTHON to one` };
  }
  return (await works(own))
    ? { python: own }
    : { impossible: 'pycocotools was installed, but does not load' };
}

async function works(python) {
  if (python.includes('/') && !existsSync(python)) return false;
  const test = ['-c', 'import numpy, pycocotools.cocoeval'];
  const { status } = await run(python, test).catch(() => ({ status: null }));
  return status === 0;
}
