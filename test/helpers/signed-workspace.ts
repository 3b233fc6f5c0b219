/** Workspaces with an archive and keys, for what signs and verifies. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSecretKey, secretKeyFile } from '../../dist/models/minisign-secret-key.js';
import { type CliRun, runCli } from './run-cli.js';
import { tinyBundle } from './tiny-bundle.js';
import { type Workspace, workspace } from './workspace.js';

/** Little, so that tests need no gigabyte. */
export const COST = { operations: 32_768, memory: 1_048_576 };

export function models({ env, folder }: Workspace, ...args: string[]): Promise<CliRun> {
  return runCli(['models', ...args], { env: { ...env, XDG_CONFIG_HOME: folder }, cwd: folder });
}

/** minisign in the workspace; what it asks for is typed. */
export function minisign({ folder }: Workspace, typed: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync('minisign', args, {
    cwd: folder,
    input: typed,
    encoding: 'utf8',
  });
  return { status, said: `${stdout}${stderr}` };
}

/** A workspace with an archive things.tar.gz of the version 1.2.0. */
export async function withArchive(t: Parameters<typeof workspace>[0], version = '1.2.0'): Promise<Workspace> {
  const made = workspace(t);
  tinyBundle(join(made.folder, 'things'));
  const run = await models(made, 'pack', 'things', '--version', version, '--no-run', '-o', 'things.tar.gz');
  if (run.status !== 0) throw new Error(run.stderr);
  return made;
}

/** The same with an unlocked pair, a.key and a.pub. */
export async function withKey(t: Parameters<typeof workspace>[0]): Promise<Workspace> {
  const made = await withArchive(t);
  await keyPair(made, 'a');
  return made;
}

export async function keyPair({ folder }: Workspace, name: string): Promise<string> {
  const key = makeSecretKey();
  writeFileSync(join(folder, `${name}.key`), await secretKeyFile(key, undefined));
  writeFileSync(join(folder, `${name}.pub`), `untrusted comment: x\n${key.publicKey.text}\n`);
  return key.publicKey.text;
}

export const read = ({ folder }: Workspace, name: string) => readFileSync(join(folder, name), 'utf8');
