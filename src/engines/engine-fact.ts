/**
 * Which facts about the machine an engine depends on, by provider, and why. One that is left out could let an
 * engine be loaded where it does not belong; one too many only builds it again.
 */
import type { DeviceFact } from '../core/device-info.js';
import type { ProviderName } from '../core/worker-plan.js';

export interface EngineFact {
  /** As a sentence begins with it. */
  label: string;
  providers: readonly ProviderName[];
  /** Why an engine depends on it, or why not. */
  why: string;
}

const ALL = ['tensorrt', 'cuda', 'cpu'] as const;
const GPU = ['tensorrt', 'cuda'] as const;
const TENSORRT = ['tensorrt'] as const;

export const ENGINE_FACTS: Readonly<Record<DeviceFact, EngineFact>> = {
  architecture: { label: 'Architecture', providers: ALL, why: 'engines hold code for one kind of processor' },
  cpuExtensions: {
    label: 'Processor extensions',
    providers: ['cpu'],
    why: 'an optimised graph is laid out for the vectors of the processor',
  },
  os: { label: 'Operating system', providers: [], why: 'the libraries are named by their own versions' },
  board: { label: 'Board', providers: TENSORRT, why: 'boards differ in memory, clocks and cores of the GPU' },
  module: {
    label: 'Module',
    providers: TENSORRT,
    why: 'an engine can fail on a module with less memory, though its GPU has the same name',
  },
  soc: { label: 'SoC', providers: GPU, why: 'it is the GPU' },
  l4t: { label: 'L4T', providers: GPU, why: 'it brings the driver of the GPU' },
  jetpack: { label: 'JetPack', providers: [], why: 'it is only a name for L4T and its libraries' },
  cuda: { label: 'CUDA', providers: GPU, why: 'engines hold code compiled for one version' },
  cudnn: { label: 'cuDNN', providers: GPU, why: 'its kernels were chosen for the engine' },
  tensorrt: {
    label: 'TensorRT',
    providers: TENSORRT,
    why: 'only the version that built an engine can run it',
  },
  gpu: { label: 'GPU', providers: GPU, why: 'kernels were chosen by their speed on this model' },
  computeCapability: {
    label: 'Compute capability',
    providers: GPU,
    why: 'code is compiled for one capability',
  },
  driver: { label: 'GPU driver', providers: GPU, why: 'it was proven with this one only' },
  onnxruntime: {
    label: 'ONNX Runtime',
    providers: ALL,
    why: 'it optimises graphs and reads engines in its own way in every release',
  },
  onnxruntimeProviders: {
    label: 'Providers of ONNX Runtime',
    providers: [],
    why: 'without its provider an engine is not even asked for',
  },
  powerMode: {
    label: 'Power mode',
    providers: TENSORRT,
    why: 'kernels were chosen by their speed at the clocks of this mode',
  },
  container: { label: 'Container', providers: [], why: 'what differs in it has its own version' },
  imageL4t: {
    label: 'L4T of the image',
    providers: [],
    why: 'the libraries are named by their own versions',
  },
};
