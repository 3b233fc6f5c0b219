/**
 * What the machine is: the fingerprint that engines are built for, that `doctor` prints and the `info` topic
 * publishes. Each fact is text as its maker writes it, or undefined where nothing says it.
 */

export const DEVICE_FACTS = [
  /** Node's name of the processor: `arm64`, `x64`. */
  'architecture',
  /** Those extensions of the processor that ONNX Runtime chooses kernels by, `avx avx2`. */
  'cpuExtensions',
  /** Linux distribution and version; inside a container that of its image. */
  'os',
  /** Name of the board, as its device tree says it. */
  'board',
  /** Part number of the module, `p3767-0005`. */
  'module',
  /** `tegra234`. */
  'soc',
  /** Jetson Linux in three parts, `36.4.4`; inside a container that of the host. */
  'l4t',
  /** `6.2.1`. */
  'jetpack',
  /** Version of the CUDA runtime library. */
  'cuda',
  'cudnn',
  'tensorrt',
  'gpu',
  /** Major and minor, `8.7`. */
  'computeCapability',
  'driver',
  /** Version of onnxruntime-node. */
  'onnxruntime',
  /** Providers whose libraries it brings, best first: `tensorrt, cuda, cpu`. */
  'onnxruntimeProviders',
  /** Name of nvpmodel's mode, `25W`. */
  'powerMode',
  /** What kind of container this is; undefined on a host. */
  'container',
  /** L4T family of the container's image, `36.4`. */
  'imageL4t',
] as const;

export type DeviceFact = (typeof DEVICE_FACTS)[number];

export type DeviceInfo = { [fact in DeviceFact]: string | undefined };

/** Of which nothing is known. */
export const UNKNOWN_DEVICE = Object.fromEntries(DEVICE_FACTS.map((fact) => [fact, undefined])) as DeviceInfo;

/** For each fact where it was found; for one that is unknown, what was tried. */
export type DeviceSources = { [fact in DeviceFact]: string };

export interface DeviceIdentity {
  info: DeviceInfo;
  sources: DeviceSources;
}
