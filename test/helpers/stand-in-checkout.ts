/**
 * A checkout that scripts/install accepts, small and with a program of the test's choosing: the real
 * scripts and units around a dist/ of one file and one package.
 */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

export const REPOSITORY = resolve(import.meta.dirname, '../..');

/** Makes the checkout at `folder`; `program` is the text of dist/cli.js. */
export async function standInCheckout(folder: string, program: string): Promise<void> {
  for (const part of ['scripts', 'systemd', 'config', 'LICENSE'])
    await cp(join(REPOSITORY, part), join(folder, part), { recursive: true });
  const lock = {
    name: 'detectd',
    lockfileVersion: 3,
    packages: { 'node_modules/dep': { version: '1.0.0' } },
  };
  const texts: Record<string, string> = {
    'package.json': JSON.stringify({
      name: 'detectd',
      version: '9.8.7',
      type: 'module',
      dependencies: { dep: '1.0.0' },
      devDependencies: { 'for-tests-only': '1.0.0' },
    }),
    'package-lock.json': JSON.stringify(lock),
    'node_modules/.package-lock.json': JSON.stringify(lock),
    'node_modules/dep/package.json': JSON.stringify({ name: 'dep', version: '1.0.0', main: 'index.js' }),
    'node_modules/dep/index.js': 'module.exports = 1;\n',
    'node_modules/for-tests-only/package.json': JSON.stringify({ name: 'for-tests-only', version: '1.0.0' }),
    'dist/cli.js': program,
  };
  for (const [path, text] of Object.entries(texts)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
