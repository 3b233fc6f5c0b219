/**
 * What `detectd doctor` makes of the machine's fingerprint: each part with where it was found, held against the
 * table of what belongs together on a Jetson, and for what does not fit the package or image to install. A GPU
 * that cannot be used is a warning: models then run on the CPU.
 */
import type { DeviceFact, DeviceIdentity } from '../core/device-info.js';
import { moduleName } from '../device/board-names.js';
import { type Compatibility, newestL4t, type Release, releaseOf } from '../device/compatibility.js';
import type { GpuAccess } from '../device/gpu-access.js';
import { compareL4t, majorOf } from '../device/l4t-release.js';
import { cardFindings } from './card-checks.js';
import { type Finding, fault, passed } from './finding.js';

export interface DeviceState {
  identity: DeviceIdentity;
  access: GpuAccess;
  compatibility: Compatibility;
}

/** `JetPack 6.2`, and what it brings. */
interface Expected {
  jetpack: string;
  release: Release;
}

export function isJetson({ info }: DeviceIdentity): boolean {
  return info.soc !== undefined || info.l4t !== undefined;
}

export function deviceFindings(state: DeviceState): Finding[] {
  const { info } = state.identity;
  if (isJetson(state.identity)) return jetsonFindings(state);
  if (info.gpu !== undefined || info.driver !== undefined) return cardFindings(state.identity);
  return [passed('device', `${machineText(state.identity)}; no NVIDIA GPU: models run on the CPU`)];
}

function jetsonFindings(state: DeviceState): Finding[] {
  const { info } = state.identity;
  const expected = expectedHere(state);
  return [
    passed('device', machineText(state.identity)),
    l4tFinding(state),
    ...containerFindings(state),
    passed(
      'gpu',
      `${said(state, 'gpu')}, compute capability ${said(state, 'computeCapability')}, driver ${said(state, 'driver')}`,
    ),
    ...supportFindings(info.soc, expected),
    libraryFinding(state, 'cuda', 'CUDA', expected),
    libraryFinding(state, 'cudnn', 'cuDNN', expected),
    libraryFinding(state, 'tensorrt', 'TensorRT', expected),
    ...trtexecFindings(state, expected),
    ...onnxruntimeFindings(state, expected),
    ...(info.powerMode === undefined ? [] : [passed('power mode', located(state.identity, 'powerMode'))]),
  ];
}

/** In a container the libraries are the image's, so they are held against what belongs to the image. */
function expectedHere({ identity: { info }, compatibility }: DeviceState): Expected | undefined {
  const image = info.imageL4t === undefined ? undefined : releaseOf(compatibility, `${info.imageL4t}.999`);
  const host = info.l4t === undefined ? undefined : releaseOf(compatibility, info.l4t);
  return image ?? host;
}

function l4tFinding({ identity, compatibility }: DeviceState): Finding {
  const { l4t, container, jetpack } = identity.info;
  const check = 'jetson linux';
  if (l4t === undefined) {
    const detail = `its version (L4T) is not known: ${identity.sources.l4t}`;
    return container === undefined
      ? fault(check, 'warning', detail, 'apt-get install --reinstall nvidia-l4t-core')
      : fault(check, 'warning', detail, 'docker run -v /etc/nv_tegra_release:/etc/nv_tegra_release:ro …');
  }
  const text = `L4T ${located(identity, 'l4t')}`;
  const match = releaseOf(compatibility, l4t);
  if (match?.exact) return passed(check, `${text}, JetPack ${located(identity, 'jetpack')}`);
  const newest = newestL4t(compatibility);
  const stated = jetpack === undefined ? '' : `, JetPack ${located(identity, 'jetpack')}`;
  if (match !== undefined)
    return passed(
      check,
      `${text}${stated}; not in the table, taken for ${match.l4t} (JetPack ${match.jetpack})`,
    );
  return compareL4t(l4t, newest) > 0
    ? fault(
        check,
        'warning',
        `${text}${stated} is newer than ${newest}, the newest that this version of detectd knows; nothing is held against it`,
        'Look for a newer detectd; this one may well work.',
      )
    : fault(
        check,
        'warning',
        `${text}${stated} is not in the table of releases; nothing is held against it`,
        'Install a release of JetPack 6 or 7 on the board: https://developer.nvidia.com/embedded/jetpack/downloads',
      );
}

function containerFindings({ identity, access, compatibility }: DeviceState): Finding[] {
  const { container, l4t, imageL4t } = identity.info;
  if (container === undefined) return [];
  const findings: Finding[] = [];
  if (l4t !== undefined && imageL4t !== undefined && majorOf(l4t) !== majorOf(imageL4t)) {
    const image = releaseOf(compatibility, l4t)?.release.container;
    findings.push(
      fault(
        'container image',
        'warning',
        `made for L4T ${located(identity, 'imageL4t')}, but the host has L4T ${l4t}: its libraries do not fit the host's driver`,
        `Use an image for L4T ${majorOf(l4t)}${image === undefined ? '' : `: ${image}`}.`,
      ),
    );
  }
  if (access.node === undefined)
    findings.push(
      fault(
        'container gpu',
        'warning',
        'there is no device of the GPU in this container: it was started without the runtime of NVIDIA',
        'docker run --runtime nvidia …, after: apt-get install nvidia-container-toolkit on the host',
      ),
    );
  return findings;
}

/** What detectd can do at all on this release. */
function supportFindings(soc: string | undefined, expected: Expected | undefined): Finding[] {
  if (expected === undefined) return [];
  const { jetpack, release } = expected;
  const detail = `JetPack ${jetpack}: ${release.notes[0] ?? 'TensorRT engines cannot be used there'}`;
  if (release.best !== 'tensorrt') return [fault('jetpack', 'warning', detail, newerJetpack(soc))];
  return release.unconfirmed.includes('best') ? [passed('jetpack', detail)] : [];
}

function newerJetpack(soc: string | undefined): string {
  if (soc === 'tegra210' || soc === 'tegra186')
    return 'This board goes no further than JetPack 4.6; detectd wants a Xavier, an Orin or a Thor.';
  const newest = soc === 'tegra194' ? '5.1.6' : '6 or 7';
  return `Install JetPack ${newest} on this board: https://developer.nvidia.com/embedded/jetpack-archive`;
}

function libraryFinding(
  { identity }: DeviceState,
  fact: 'cuda' | 'cudnn' | 'tensorrt',
  name: string,
  expected: Expected | undefined,
): Finding {
  const version = identity.info[fact];
  const { container } = identity.info;
  const install = expected === undefined ? 'apt-get install nvidia-jetpack' : packagesOf(expected, fact);
  const image = expected?.release.container;
  const cure =
    container === undefined || image === undefined ? install : `In the image: ${install}; or use ${image}.`;
  if (version === undefined) return fault(fact, 'warning', `missing: ${identity.sources[fact]}`, cure);
  const text = `${name} ${located(identity, fact)}`;
  const wanted = expected?.release[fact];
  if (expected === undefined || wanted === undefined || isSame(version, wanted)) return passed(fact, text);
  const remark = `JetPack ${expected.jetpack} comes with ${wanted}`;
  // Within a major, NVIDIA lets it be upgraded apart from L4T.
  if (majorOf(version) === majorOf(wanted)) return passed(fact, `${text}; ${remark}`);
  return fault(fact, 'warning', `${text} is of another JetPack: ${remark}`, cure);
}

function trtexecFindings({ identity, access }: DeviceState, expected: Expected | undefined): Finding[] {
  if (access.trtexec !== undefined) return [passed('trtexec', access.trtexec)];
  // Without TensorRT there is nothing that it could build for.
  if (identity.info.tensorrt === undefined) return [];
  const name = expected?.release.packages.trtexec ?? 'libnvinfer-bin';
  return [fault('trtexec', 'warning', 'missing: no engine can be built here', `apt-get install ${name}`)];
}

function onnxruntimeFindings({ identity }: DeviceState, expected: Expected | undefined): Finding[] {
  const { onnxruntime, onnxruntimeProviders = '' } = identity.info;
  const best = expected?.release.best ?? 'tensorrt';
  // A missing one is told where it is loaded.
  if (onnxruntime === undefined || best === 'none' || onnxruntimeProviders.includes(best)) return [];
  const version = expected?.release.onnxruntime.version ?? onnxruntime;
  return [
    fault(
      'onnxruntime provider',
      'warning',
      `onnxruntime-node ${onnxruntime} brings ${onnxruntimeProviders} and not ${best}: the published package has none for Jetson, so models run on the CPU`,
      `Build onnxruntime ${version} on the board with jetson/build-onnxruntime, or take a package made on another; then: jetson/install`,
    ),
  ];
}

function packagesOf({ release }: Expected, fact: 'cuda' | 'cudnn' | 'tensorrt'): string {
  return `apt-get install ${release.packages[fact]}`;
}

/** As far as both say it: 10.3.0.30 is the same as 10.3. */
function isSame(version: string, wanted: string): boolean {
  return `${version}.`.startsWith(`${wanted}.`) || `${wanted}.`.startsWith(`${version}.`);
}

function machineText({ info }: DeviceIdentity): string {
  const { architecture, os, board, module, soc, container } = info;
  const parts = [
    board,
    module === undefined ? undefined : `${moduleName(module)} (${module})`,
    soc,
    architecture,
    os,
  ];
  const where = container === undefined ? [] : [`inside a container (${container})`];
  return [...parts.filter((part) => part !== undefined), ...where].join(', ');
}

/** A value with where it was found. */
function located({ info, sources }: DeviceIdentity, fact: DeviceFact): string {
  return info[fact] === undefined ? 'unknown' : `${info[fact]} (${sources[fact]})`;
}

function said({ identity }: DeviceState, fact: DeviceFact): string {
  return identity.info[fact] ?? 'unknown';
}
