/**
 * What `detectd doctor` says of the figures that a running daemon watches: which can be read here, from where, and what
 * to install or enable for the rest. They cost no detection, so none of them is a failure.
 */
import type { DeviceInfo } from '../core/device-info.js';
import { gpuKind } from '../device/gpu-memory.js';
import type { MachineSample } from '../device/machine-sample.js';
import type { MachineSampler } from '../device/machine-sampler.js';
import { type Finding, fault, passed } from './finding.js';

/** nvidia-smi takes seconds on some boards; each sample waits for a part of one. */
const MOST_TRIES = 16;
/** Less than a tenth of it is little. */
const LITTLE_RATIO = 0.1;

type Device = Pick<DeviceInfo, 'soc' | 'gpu' | 'container'>;

/** One sample of the machine, as soon as the GPU has answered too. */
export async function settledSample(sampler: Pick<MachineSampler, 'sample'>): Promise<MachineSample> {
  const processes = [{ name: 'doctor', pid: process.pid }];
  let sample = await sampler.sample(processes);
  for (let tries = 1; tries < MOST_TRIES && sample.gpuMemory.atMs === undefined; tries += 1)
    sample = await sampler.sample(processes);
  return sample;
}

export function probeFindings(sample: MachineSample, device: Device): Finding[] {
  const missing = Object.entries(sample.missing).map(([what, reason]) => `${what}: ${reason}`);
  return [
    memoryFinding(sample),
    ...gpuMemoryFindings(sample, device),
    temperatureFinding(sample),
    clockFinding(sample),
    ...(missing.length === 0
      ? []
      : [
          fault(
            'probes',
            'warning',
            missing.join('; '),
            'dmesg says which driver hangs; restart the machine.',
          ),
        ]),
  ];
}

function memoryFinding({ host, processes }: MachineSample): Finding {
  const [self] = processes;
  const { availableBytes, totalBytes, roomBytes, roomWhere, swapUsedBytes, swapTotalBytes } = host ?? {};
  if (availableBytes === undefined || totalBytes === undefined)
    return fault('memory', 'warning', '/proc/meminfo cannot be read', 'Mount /proc where detectd runs.');
  const parts = [
    `${size(availableBytes)} of ${size(totalBytes)} available`,
    swapTotalBytes === undefined || swapTotalBytes === 0
      ? 'no swap'
      : `${size(swapUsedBytes)} of ${size(swapTotalBytes)} swap used`,
    host?.pressure === undefined
      ? 'no pressure figures in this kernel'
      : `${host.pressure.somePercent} % pressure`,
    self?.pssBytes === undefined ? 'processes by resident size' : 'processes by proportional size',
  ];
  if (roomBytes !== undefined && roomBytes < availableBytes)
    parts.push(`${size(roomBytes)} left in ${roomWhere}`);
  const room = Math.min(availableBytes, roomBytes ?? availableBytes);
  return room < totalBytes * LITTLE_RATIO
    ? fault('memory', 'warning', parts.join(', '), 'End what else uses memory: ps aux --sort=-rss | head')
    : passed('memory', parts.join(', '));
}

function gpuMemoryFindings({ gpuMemory }: MachineSample, device: Device): Finding[] {
  const kind = gpuKind(device);
  if (kind === 'none') return [];
  const { usedBytes, usedSource, totalBytes, processSource, reason = 'no answer' } = gpuMemory;
  const all =
    usedBytes === undefined
      ? 'in all not known'
      : `${size(usedBytes)}${totalBytes === undefined ? '' : ` of ${size(totalBytes)}`} used (${usedSource})`;
  if (processSource !== undefined) return [passed('gpu memory', `${all}, by process from ${processSource}`)];
  const cure = kind === 'nvmap' ? nvmapCure(reason, device) : smiCure(reason, device);
  return [fault('gpu memory', 'warning', `${all}; by process not known: ${reason}`, cure)];
}

function nvmapCure(reason: string, { container }: Device): string {
  if (container !== undefined)
    return 'docker run --pid host -v /run/detectd-gpumem.sock:/run/detectd-gpumem.sock …, installed on the host by: sudo scripts/install --gpu-helper yes';
  if (reason.includes('may not be asked'))
    return 'The service may; to see it as yourself: sudo -u detectd detectd doctor';
  if (reason.includes('gave no table'))
    return 'This kernel may lack it: sudo ls /sys/kernel/debug/nvmap/iovmm; journalctl -u "detectd-gpumem@*"';
  return 'sudo scripts/install --gpu-helper yes';
}

function smiCure(reason: string, { container }: Device): string {
  if (container !== undefined)
    return 'docker run --pid host …, so that processes are numbered as for the driver';
  if (reason.includes('is not installed'))
    return 'Install the driver’s nvidia-smi: apt-get install nvidia-utils-…, of the driver’s version';
  return 'nvidia-smi shows processes while a model runs on the GPU; if it hangs, restart the machine.';
}

function temperatureFinding({ temperatures, hottestC }: MachineSample): Finding {
  const hottest = temperatures.find(({ tempC }) => tempC === hottestC);
  if (hottest === undefined) return passed('temperatures', 'no sensor can be read (/sys/class/thermal)');
  const { name, tempC, passiveC, criticalC } = hottest;
  const limits = [
    passiveC === undefined ? [] : [`clocks go down from ${celsius(passiveC)} on`],
    criticalC === undefined ? [] : [`off at ${celsius(criticalC)}`],
  ].flat();
  const text = [`${celsius(tempC)} at most (${name}, of ${temperatures.length})`, ...limits].join(', ');
  return passiveC !== undefined && tempC >= passiveC
    ? fault(
        'temperatures',
        'warning',
        text,
        'Clean or fit a fan, or choose a lower power mode: nvpmodel -m N',
      )
    : passed('temperatures', text);
}

function clockFinding({ cpu, gpu, throttling: { active, events } }: MachineSample): Finding {
  const counted = Object.entries(events).filter(([, count]) => count > 0);
  const parts = [
    ...(cpu.capHz === undefined || cpu.ratedHz === undefined
      ? []
      : [`CPU up to ${megahertz(cpu.capHz)} of ${megahertz(cpu.ratedHz)}`]),
    ...(gpu.capHz === undefined ? [] : [`GPU up to ${megahertz(gpu.capHz)}`]),
    ...(gpu.loadPercent === undefined ? [] : [`GPU load ${gpu.loadPercent} %`]),
    ...(counted.length === 0
      ? []
      : [`since boot ${counted.map(([name, count]) => `${name} ${count}`).join(', ')}`]),
  ];
  if (active === undefined)
    return passed('clocks', ['nothing here tells of throttling', ...parts].join('; '));
  if (active.length === 0) return passed('clocks', ['not held down', ...parts].join('; '));
  return fault(
    'clocks',
    'warning',
    [`held down by ${active.join(', ')}`, ...parts].join('; '),
    'Heat: clean or fit a fan. Supply (oc1 to oc3): a stronger one. Or a lower power mode: nvpmodel -m N',
  );
}

function size(bytes = 0): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

function celsius(tempC: number): string {
  return `${Math.round(tempC)} °C`;
}

function megahertz(hz: number): string {
  return `${Math.round(hz / 1e6)} MHz`;
}
