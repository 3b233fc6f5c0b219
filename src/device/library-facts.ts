/**
 * CUDA, cuDNN, TensorRT and ONNX Runtime: from the libraries that would be loaded; headers, version files and
 * packages only where none is found. A package that agrees with its library adds the number of the build.
 */
import { parseCudaJson, parseCudaText } from './cuda-version.js';
import { type Fact, firstOf, known, type Place, unknown } from './fact.js';
import { parseHeaderVersion } from './header-version.js';
import type { Library } from './library-version.js';
import { filePlace, type Machine, packagePlace, upstreamVersion } from './machine.js';
import { findOnnxruntime, shippedProviders } from './onnxruntime-package.js';

/** What findLibraries is asked for. */
export const LIBRARIES = ['libcudart', 'libcudnn', 'libnvinfer'] as const;

type Libraries = ReadonlyMap<string, Library>;

const INCLUDES = [
  '/usr/include/aarch64-linux-gnu',
  '/usr/include/x86_64-linux-gnu',
  '/usr/include',
  '/usr/local/cuda/include',
  '/usr/local/cuda/targets/aarch64-linux/include',
  '/usr/local/cuda/targets/sbsa-linux/include',
  '/usr/local/cuda/targets/x86_64-linux/include',
];

export function cudaFact(machine: Machine, libraries: Libraries): Promise<Fact> {
  const packages = /^cuda-cudart-\d+-\d+$/;
  return firstOf([
    libraryPlace(machine, libraries, 'libcudart', packages),
    filePlace(machine, '/usr/local/cuda/version.json', parseCudaJson),
    filePlace(machine, '/usr/local/cuda/version.txt', parseCudaText),
    packagePlace(machine, packages, 'cuda-cudart'),
  ]);
}

export function cudnnFact(machine: Machine, libraries: Libraries): Promise<Fact> {
  const packages = /^libcudnn\d+(-cuda-\d+)?$/;
  const names = ['cudnn_version.h', 'cudnn_version_v9.h', 'cudnn_version_v8.h'];
  return firstOf([
    libraryPlace(machine, libraries, 'libcudnn', packages),
    headerPlace(machine, names, 'CUDNN'),
    packagePlace(machine, packages, 'libcudnn'),
  ]);
}

export function tensorrtFact(machine: Machine, libraries: Libraries): Promise<Fact> {
  const packages = /^libnvinfer\d+$/;
  return firstOf([
    libraryPlace(machine, libraries, 'libnvinfer', packages),
    headerPlace(machine, ['NvInferVersion.h'], 'NV_TENSORRT'),
    packagePlace(machine, packages, 'libnvinfer'),
  ]);
}

/** Version, and the providers that this build brings; `from` is a folder of the program. */
export async function onnxruntimeFacts(machine: Machine, from: string): Promise<[Fact, Fact]> {
  const found = await findOnnxruntime(machine.files, from);
  if (found === undefined) {
    const missing = unknown(`no onnxruntime-node above ${from}`);
    return [missing, missing];
  }
  const providers = await shippedProviders(machine.files, found.folder, machine.architecture);
  return [known(found.version, found.folder), known(providers.join(', '), found.folder)];
}

function libraryPlace(machine: Machine, libraries: Libraries, name: string, packages: RegExp): Place {
  return {
    name: `${name}.so`,
    look: () => {
      const library = libraries.get(name);
      if (library === undefined) return unknown(`${name}.so: in no folder of the loader`);
      const others = library.others.length === 0 ? '' : `; also ${library.others.join(', ')} there`;
      const stated = [...machine.packages].flatMap(([each, version]) => {
        const upstream = packages.test(each) ? upstreamVersion(version) : undefined;
        return upstream === undefined ? [] : [{ upstream, text: `package ${each} ${version}` }];
      });
      const same = stated.find(({ upstream }) => `${upstream}.`.startsWith(`${library.version}.`));
      if (same !== undefined) return known(same.upstream, `${library.path}, ${same.text}${others}`);
      const against = stated.length === 0 ? '' : `; ${stated[0]?.text} says otherwise`;
      return known(library.version, `${library.path}${others}${against}`);
    },
  };
}

function headerPlace(machine: Machine, names: readonly string[], prefix: string): Place {
  return {
    name: names[0] ?? '',
    look: async () => {
      for (const folder of INCLUDES)
        for (const name of names) {
          const text = await machine.files.read(`${folder}/${name}`).catch(() => '');
          const version = parseHeaderVersion(text, prefix);
          if (version !== undefined) return known(version, `${folder}/${name}`);
        }
      return unknown(`${names[0]}: in no folder of headers`);
    },
  };
}
