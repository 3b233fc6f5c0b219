/**
 * Whether this runs in a container, and in whose: there the libraries are the image's and the driver the
 * host's, which is what goes wrong most often.
 */
import type { Fact } from './fact.js';
import { known, unknown } from './fact.js';
import type { SystemFiles } from './system-files.js';

/** Runtimes that leave their name in the control groups of the first process. */
export function parseControlGroups(text: string): string | undefined {
  return /[/:-](docker|kubepods|libpod|containerd|lxc)\b/.exec(text)?.[1]?.replace('libpod', 'podman');
}

/** Never rejects. Undefined on a host. */
export async function containerKind(files: SystemFiles, env: NodeJS.ProcessEnv): Promise<Fact> {
  const marks: [path: string, kind: string][] = [
    ['/.dockerenv', 'docker'],
    ['/run/.containerenv', 'podman'],
  ];
  for (const [path, kind] of marks) if (await files.exists(path)) return known(kind, path);
  const named = await files.read('/run/systemd/container').catch(() => '');
  if (/^[\w.-]{1,40}$/.test(named.trim())) return known(named, '/run/systemd/container');
  const variable = env['container'] ?? '';
  if (/^[\w.-]{1,40}$/.test(variable)) return known(variable, 'variable "container"');
  const group = parseControlGroups(await files.read('/proc/1/cgroup').catch(() => ''));
  if (group !== undefined) return known(group, '/proc/1/cgroup');
  return unknown('no sign of one');
}
