/**
 * Versions of TensorRT, as the fingerprint writes them ("10.3.0.30") and as trtexec prints them in its first
 * line ("v100300", and "v8502" before 10).
 */

/** Major, minor and, where known, patch and build. */
export type TensorrtVersion = readonly number[];

/** Of the first two to four numbers of a version; undefined for text that is none. */
export function parseTensorrtVersion(text: string): TensorrtVersion | undefined {
  const numbers = /^(\d{1,3}(?:\.\d{1,4}){1,3})(?![\d.])/.exec(text)?.[1];
  return numbers?.split('.').map(Number);
}

/** What the banner's number stands for: the minor version has one digit before 10 and two from then on. */
export function bannerVersion(number: number): TensorrtVersion {
  const unit = number < 10_000 ? 1000 : 10_000;
  return [Math.floor(number / unit), Math.floor((number % unit) / 100), number % 100];
}

/** Whether `version` is `from` or later; parts that are not given count as 0. */
export function isAtLeast(version: TensorrtVersion, from: TensorrtVersion): boolean {
  for (const [index, wanted] of from.entries()) {
    const part = version[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

/** Whether all parts that both name are equal. */
export function sameVersion(a: TensorrtVersion, b: TensorrtVersion): boolean {
  return a.every((part, index) => b[index] === undefined || b[index] === part);
}

export function versionText(version: TensorrtVersion): string {
  return version.join('.');
}
