/** What the searches for facts may use: the files, programs and packages of one machine. */
import type { AskProgram } from '../base/program-output.js';
import type { Compatibility } from './compatibility.js';
import type { Place } from './fact.js';
import type { SystemFiles } from './system-files.js';

export interface Machine {
  files: SystemFiles;
  ask: AskProgram;
  env: NodeJS.ProcessEnv;
  /** As Node names it: `arm64`, `x64`. */
  architecture: string;
  /** Undefined where the table cannot be read: facts that need it stay unknown. */
  compatibility: Compatibility | undefined;
  /** Installed packages of NVIDIA's, name → version; inside a container those of the image. */
  packages: ReadonlyMap<string, string>;
}

/** The packages that facts are read from. */
export const WANTED_PACKAGES =
  /^(nvidia-l4t-core|nvidia-jetpack|libnvinfer\d+|libcudnn\d+(-cuda-\d+)?|cuda-cudart-\d+-\d+)$/;

export function filePlace(
  { files }: Machine,
  path: string,
  parse: (text: string) => string | undefined,
): Place {
  return { name: path, look: async () => parse(await files.read(path)) };
}

/** The first installed package whose name matches and whose version `parse` understands. */
export function packagePlace(
  { packages }: Machine,
  wanted: RegExp,
  what: string,
  parse: (version: string) => string | undefined = upstreamVersion,
): Place {
  return {
    name: `package ${what}`,
    look: () => {
      for (const [name, version] of packages) {
        const value = wanted.test(name) ? parse(version) : undefined;
        if (value !== undefined) return { value, source: `package ${name} ${version}` };
      }
      return { value: undefined, source: `package ${what}: not installed` };
    },
  };
}

/** "1:10.3.0.30-1+cuda12.5" is 10.3.0.30: without epoch and what the packager adds. */
export function upstreamVersion(version: string): string | undefined {
  return /^(?:\d+:)?(\d+(?:\.\d+)+)(?=[-+~]|$)/.exec(version)?.[1];
}
