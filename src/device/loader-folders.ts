/**
 * Where the dynamic loader would look for NVIDIA's libraries, in its order: LD_LIBRARY_PATH, the folders of
 * /etc/ld.so.conf.d, the system's own. Tarball installations and containers keep theirs below /usr/local/cuda.
 */
import type { SystemFiles } from './system-files.js';

/** Debian's names of the processors for which NVIDIA makes libraries. */
const TRIPLETS: Record<string, string> = { arm64: 'aarch64-linux-gnu', x64: 'x86_64-linux-gnu' };
const TARGETS: Record<string, string[]> = { arm64: ['aarch64-linux', 'sbsa-linux'], x64: ['x86_64-linux'] };
const MOST_FILES = 100;
const MOST_FOLDERS = 200;

/** Folders in the text of a file below /etc/ld.so.conf.d: one absolute path per line, # begins a comment. */
export function parseLoaderConfig(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line.startsWith('/'));
}

/** Never rejects. Each folder once, whether it exists or not. */
export async function loaderFolders(
  files: SystemFiles,
  env: NodeJS.ProcessEnv,
  architecture: string,
): Promise<string[]> {
  const triplet = TRIPLETS[architecture];
  const system = [
    ...(triplet === undefined
      ? []
      : [`/usr/lib/${triplet}`, `/usr/lib/${triplet}/nvidia`, `/usr/lib/${triplet}/tegra`]),
    '/usr/lib64',
    '/usr/lib',
    '/usr/local/cuda/lib64',
    ...(TARGETS[architecture] ?? []).map((target) => `/usr/local/cuda/targets/${target}/lib`),
    '/usr/local/lib',
    '/usr/local/tensorrt/lib',
    '/opt/tensorrt/lib',
  ];
  const named = (env['LD_LIBRARY_PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const folders = [...named, ...(await configured(files)), ...system];
  return [...new Set(folders)].slice(0, MOST_FOLDERS);
}

async function configured(files: SystemFiles): Promise<string[]> {
  const folder = '/etc/ld.so.conf.d';
  const names = (await files.names(folder).catch(() => [])).filter((name) => name.endsWith('.conf'));
  const folders: string[] = [];
  for (const name of names.slice(0, MOST_FILES)) {
    const text = await files.read(`${folder}/${name}`).catch(() => '');
    folders.push(...parseLoaderConfig(text));
  }
  return folders;
}
