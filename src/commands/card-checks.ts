/**
 * What `detectd doctor` makes of a machine with an NVIDIA card. There the published onnxruntime-node can use the
 * GPU once its CUDA part and the libraries of NVIDIA are installed.
 */
import type { DeviceFact, DeviceIdentity } from '../core/device-info.js';
import { majorOf } from '../device/l4t-release.js';
import { type Finding, fault, passed } from './finding.js';

/** Majors that the published onnxruntime-node is linked with; see its script/install-metadata.js. */
const NEEDED = { cuda: 12, cudnn: 9, tensorrt: 10 } as const;

const LIBRARIES: { fact: keyof typeof NEEDED; name: string; cure: string }[] = [
  { fact: 'cuda', name: 'CUDA', cure: 'Install CUDA 12: https://developer.nvidia.com/cuda-downloads' },
  {
    fact: 'cudnn',
    name: 'cuDNN',
    cure: 'apt-get install libcudnn9-cuda-12, from the same repository as CUDA',
  },
  {
    fact: 'tensorrt',
    name: 'TensorRT',
    cure: 'apt-get install libnvinfer10 libnvinfer-plugin10 libnvonnxparsers10 libnvinfer-bin, from the same repository as CUDA',
  },
];

export function cardFindings({ info, sources }: DeviceIdentity): Finding[] {
  const unknown = (fact: DeviceFact): string => info[fact] ?? `unknown (${sources[fact]})`;
  const machine = [info.architecture, info.os, info.container && `inside a container (${info.container})`];
  const findings: Finding[] = [
    passed('device', machine.filter(Boolean).join(', ')),
    passed(
      'gpu',
      `${unknown('gpu')}, compute capability ${unknown('computeCapability')}, driver ${unknown('driver')}`,
    ),
  ];
  for (const { fact, name, cure } of LIBRARIES) {
    const version = info[fact];
    if (version === undefined) findings.push(fault(fact, 'warning', `missing: ${sources[fact]}`, cure));
    else if (majorOf(version) === NEEDED[fact])
      findings.push(passed(fact, `${name} ${version} (${sources[fact]})`));
    else
      findings.push(
        fault(
          fact,
          'warning',
          `${name} ${version} (${sources[fact]}), but onnxruntime-node needs ${name} ${NEEDED[fact]}`,
          cure,
        ),
      );
  }
  const { onnxruntime, onnxruntimeProviders = '' } = info;
  if (onnxruntime !== undefined && !onnxruntimeProviders.includes('cuda'))
    findings.push(
      fault(
        'onnxruntime provider',
        'warning',
        `onnxruntime-node ${onnxruntime} is installed without its CUDA part, so models run on the CPU`,
        `ONNXRUNTIME_NODE_INSTALL=true node ${sources.onnxruntime}/script/install.js`,
      ),
    );
  return findings;
}
