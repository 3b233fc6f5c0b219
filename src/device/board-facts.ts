/**
 * Board, module, SoC, L4T, JetPack and power mode. Inside a container the device tree is hidden and packages
 * tell the image, not the host: then the board is what was mounted for it, or what its L4T alone runs on.
 */
import { parseModule, parseSoc, socOfChipId, socOfModel } from './board-names.js';
import { releaseOf } from './compatibility.js';
import { parseCpuExtensions } from './cpu-extensions.js';
import { type Fact, firstOf, known, type Place, unknown } from './fact.js';
import { l4tFamilyOfAptSource, l4tOfPackage, parseTegraRelease } from './l4t-release.js';
import { filePlace, type Machine, packagePlace, upstreamVersion } from './machine.js';
import { parsePowerMode, readPowerMode } from './power-mode.js';

/** The same folder by its two names. */
const TREES = ['/proc/device-tree', '/sys/firmware/devicetree/base'];
const APT_SOURCES = '/etc/apt/sources.list.d';
const MAX_CPUINFO_BYTES = 2 ** 20;
/** Where containers of NVIDIA's making get the host's model, since files of /proc cannot be mounted. */
const MOUNTED_MODEL = '/tmp/nv_jetson_model';

export function osFact(machine: Machine): Promise<Fact> {
  return firstOf(
    ['/etc/os-release', '/usr/lib/os-release'].map((path) =>
      filePlace(machine, path, (text) => /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(text)?.[1]),
    ),
  );
}

export function cpuFact(machine: Machine): Promise<Fact> {
  const path = '/proc/cpuinfo';
  const look = async (): Promise<string | undefined> => {
    // All processors are alike, and a server has hundreds: the first is in the first piece.
    for await (const piece of machine.files.chunks(path, MAX_CPUINFO_BYTES))
      return parseCpuExtensions(piece.toString('latin1'));
    return undefined;
  };
  return firstOf([{ name: path, look }]);
}

export function boardFact(machine: Machine): Promise<Fact> {
  const paths = [...TREES.map((tree) => `${tree}/model`), MOUNTED_MODEL];
  return firstOf(paths.map((path) => filePlace(machine, path, (text) => text.split('\0')[0])));
}

export function moduleFact(machine: Machine): Promise<Fact> {
  return firstOf(
    TREES.flatMap((tree) => [`${tree}/nvidia,boardids`, `${tree}/compatible`]).map((path) =>
      filePlace(machine, path, parseModule),
    ),
  );
}

export function socFact(machine: Machine, board: Fact, l4t: Fact): Promise<Fact> {
  const { files } = machine;
  const chip: Place = {
    name: '/sys/devices/soc0/soc_id',
    look: async () =>
      socOfChipId(await files.read('/sys/devices/soc0/family'), await files.read('/sys/devices/soc0/soc_id')),
  };
  const model: Place = { name: 'name of the board', look: () => socOfModel(board.value ?? '') };
  const only: Place = {
    name: 'L4T',
    look: () => {
      const { compatibility } = machine;
      if (compatibility === undefined || l4t.value === undefined) return undefined;
      const socs = releaseOf(compatibility, l4t.value)?.release.socs ?? [];
      return socs.length === 1
        ? known(socs[0] ?? '', `the only one that L4T ${l4t.value} runs on`)
        : undefined;
    },
  };
  const trees = TREES.map((tree) => filePlace(machine, `${tree}/compatible`, parseSoc));
  return firstOf([...trees, chip, model, only]);
}

/** The host's, inside a container too: NVIDIA's runtime mounts the file. */
export function l4tFact(machine: Machine, container: Fact): Promise<Fact> {
  const places = [filePlace(machine, '/etc/nv_tegra_release', parseTegraRelease)];
  if (container.value === undefined)
    places.push(packagePlace(machine, /^nvidia-l4t-core$/, 'nvidia-l4t-core', l4tOfPackage));
  return firstOf(places);
}

/** `36.4` of the image that this runs in. */
export async function imageL4tFact(machine: Machine, container: Fact): Promise<Fact> {
  if (container.value === undefined) return unknown('this is no container');
  const names = await machine.files.names(APT_SOURCES).catch(() => []);
  return firstOf([
    packagePlace(machine, /^nvidia-l4t-core$/, 'nvidia-l4t-core', (version) =>
      l4tOfPackage(version)?.split('.').slice(0, 2).join('.'),
    ),
    ...['/etc/apt/sources.list', ...names.slice(0, 50).map((name) => `${APT_SOURCES}/${name}`)].map((path) =>
      filePlace(machine, path, l4tFamilyOfAptSource),
    ),
  ]);
}

/**
 * By table from L4T, which is what runs; the package nvidia-jetpack is often missing or of another release, and
 * counts only where the table does not know this L4T.
 */
export function jetpackFact(machine: Machine, l4t: Fact, container: Fact): Promise<Fact> {
  const places: Place[] = [];
  const { compatibility } = machine;
  const version = machine.packages.get('nvidia-jetpack');
  const stated =
    container.value === undefined && version !== undefined ? upstreamVersion(version) : undefined;
  if (compatibility !== undefined && l4t.value !== undefined) {
    const match = releaseOf(compatibility, l4t.value);
    const remark =
      stated === undefined || match === undefined || match.jetpack.startsWith(stated)
        ? ''
        : `; the package nvidia-jetpack is ${version}`;
    places.push({
      name: `table of L4T releases`,
      look: () => (match?.exact ? known(match.jetpack, `by L4T ${match.l4t}${remark}`) : undefined),
    });
  }
  if (container.value === undefined) places.push(packagePlace(machine, /^nvidia-jetpack$/, 'nvidia-jetpack'));
  return firstOf(places);
}

export function powerModeFact(machine: Machine, soc: Fact): Promise<Fact> {
  if (soc.value === undefined) return Promise.resolve(unknown('only a Jetson has one'));
  const ask = (program: string): Place => ({
    name: `${program} -q`,
    look: async () => {
      const answer = await machine.ask(program, ['-q']);
      if (answer.ok) return parsePowerMode(answer.stdout);
      return unknown(`${program} ${answer.reason}`);
    },
  });
  const status: Place = {
    name: '/var/lib/nvpmodel/status',
    look: () => readPowerMode(machine.files),
  };
  // The search path of a user often lacks the folders of the administrator.
  return firstOf([ask('nvpmodel'), ask('/usr/sbin/nvpmodel'), status]);
}
