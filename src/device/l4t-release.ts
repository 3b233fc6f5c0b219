/**
 * L4T, NVIDIA's Linux for Jetson: its version from the texts that carry it, always in three parts, and its
 * order. It names the kernel, the driver and the board support, not CUDA or TensorRT: those can be upgraded
 * apart from it.
 */

/** `/etc/nv_tegra_release`: "# R36 (release), REVISION: 4.4, …" is 36.4.4. */
export function parseTegraRelease(text: string): string | undefined {
  const match = /^# R(\d{1,3}) \(release\), REVISION: (\d{1,3}(?:\.\d{1,3}){0,2})(?![\d.])/m.exec(text);
  return match === null ? undefined : threeParts(`${match[1]}.${match[2]}`);
}

/** Version of the package nvidia-l4t-core: "36.4.3-20250107174145" is 36.4.3. */
export function l4tOfPackage(version: string): string | undefined {
  const match = /^(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)(?=-|$)/.exec(version);
  return match?.[1] === undefined ? undefined : threeParts(match[1]);
}

/** NVIDIA's repository in apt's sources, "deb https://repo.download.nvidia.com/jetson/common r36.4 main": 36.4. */
export function l4tFamilyOfAptSource(text: string): string | undefined {
  return /^\s*(?:deb|URIs:)\s.*\/jetson\/common\/?\s+(?:Suites:\s*)?r(\d{1,3}\.\d{1,3})\b/m.exec(text)?.[1];
}

/** Negative when `a` is older than `b`. Missing parts count as 0. */
export function compareL4t(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The first part of any dotted version. */
export function majorOf(version: string): number {
  return partsOf(version)[0] ?? 0;
}

function threeParts(version: string): string {
  const parts = partsOf(version);
  return [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0].join('.');
}

function partsOf(version: string): number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10) || 0);
}
