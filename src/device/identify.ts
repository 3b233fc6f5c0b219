/**
 * Works out what the machine is. Whatever is missing, unreadable or wrong there, the outcome is a fingerprint
 * with gaps, each with the places that were tried; it never fails and never waits long.
 */
import type { Clock } from '../base/clock.js';
import { DEVICE_FACTS, type DeviceFact, type DeviceIdentity } from '../core/device-info.js';
import {
  boardFact,
  cpuFact,
  imageL4tFact,
  jetpackFact,
  l4tFact,
  moduleFact,
  osFact,
  powerModeFact,
  socFact,
} from './board-facts.js';
import { containerKind } from './container-kind.js';
import { installedPackages } from './dpkg-status.js';
import { type Fact, known, unknown, within } from './fact.js';
import { gpuFacts } from './gpu-facts.js';
import { cudaFact, cudnnFact, LIBRARIES, onnxruntimeFacts, tensorrtFact } from './library-facts.js';
import { findLibraries } from './library-version.js';
import { loaderFolders } from './loader-folders.js';
import { type Machine, WANTED_PACKAGES } from './machine.js';

export interface IdentifyOptions extends Omit<Machine, 'packages'> {
  clock: Clock;
  /** Folder of the program, above which its onnxruntime-node is. */
  programFolder: string;
}

/** For each step; programs have a shorter patience of their own. */
const STEP_MS = 30_000;

/** Never rejects. */
export async function identify(options: IdentifyOptions): Promise<DeviceIdentity> {
  const { clock, files, env, architecture, programFolder } = options;
  const soon = <T>(search: Promise<T>, otherwise: (reason: string) => T): Promise<T> =>
    within(STEP_MS, clock, search, otherwise);
  const fact = (search: Promise<Fact>): Promise<Fact> => soon(search, unknown);

  const [packages, container] = await Promise.all([
    soon(installedPackages(files, WANTED_PACKAGES), () => new Map<string, string>()),
    fact(containerKind(files, env)),
  ]);
  const machine: Machine = { ...options, packages };
  const [l4t, board] = await Promise.all([fact(l4tFact(machine, container)), fact(boardFact(machine))]);
  const soc = await fact(socFact(machine, board, l4t));
  const [libraries, gpu, onnxruntime, os, module, jetpack, powerMode, imageL4t] = await Promise.all([
    soon(
      loaderFolders(files, env, architecture).then((folders) => findLibraries(files, folders, LIBRARIES)),
      () => new Map(),
    ),
    soon(gpuFacts(machine, soc, l4t), (reason) => {
      const none = unknown(reason);
      return { gpu: none, computeCapability: none, driver: none };
    }),
    soon(onnxruntimeFacts(machine, programFolder), (reason): [Fact, Fact] => [
      unknown(reason),
      unknown(reason),
    ]),
    fact(osFact(machine)),
    fact(moduleFact(machine)),
    fact(jetpackFact(machine, l4t, container)),
    fact(powerModeFact(machine, soc)),
    fact(imageL4tFact(machine, container)),
  ]);
  const facts: Record<DeviceFact, Fact> = {
    architecture: known(architecture, 'Node.js'),
    cpuExtensions: await fact(cpuFact(machine)),
    os,
    board,
    module,
    soc,
    l4t,
    jetpack,
    cuda: await fact(cudaFact(machine, libraries)),
    cudnn: await fact(cudnnFact(machine, libraries)),
    tensorrt: await fact(tensorrtFact(machine, libraries)),
    ...gpu,
    onnxruntime: onnxruntime[0],
    onnxruntimeProviders: onnxruntime[1],
    powerMode,
    container,
    imageL4t,
  };
  return {
    info: collect((name) => facts[name].value),
    sources: collect((name) => facts[name].source),
  };
}

/** In the order of the list, whatever the order in which they were found. */
function collect<T>(pick: (name: DeviceFact) => T): { [name in DeviceFact]: T } {
  return Object.fromEntries(DEVICE_FACTS.map((name) => [name, pick(name)])) as { [name in DeviceFact]: T };
}
