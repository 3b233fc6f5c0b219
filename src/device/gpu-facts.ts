/**
 * GPU, compute capability and driver. On a Jetson the SoC decides; cards are asked through nvidia-smi, and only
 * where a driver is there: elsewhere no program is started.
 */
import { type Fact, firstOf, known, type Place, unknown } from './fact.js';
import { filePlace, type Machine } from './machine.js';
import { askForCards, isDriverVersion, parseCardInformation, parseNvrmVersion } from './nvidia-driver.js';

export interface GpuFacts {
  gpu: Fact;
  computeCapability: Fact;
  driver: Fact;
}

const DRIVER = '/proc/driver/nvidia';
/** One of them is there when a driver for cards is; the last is Windows' subsystem for Linux. */
const SIGNS = [`${DRIVER}/version`, '/dev/nvidiactl', '/dev/nvidia0', '/dev/dxg'];
/** The only SoC whose GPU has the driver of cards. */
const SERVER_DRIVER = 'tegra264';

export async function gpuFacts(machine: Machine, soc: Fact, l4t: Fact): Promise<GpuFacts> {
  if (soc.value !== undefined) return jetsonGpu(machine, soc.value, l4t);
  const signs = await Promise.all(SIGNS.map((path) => machine.files.exists(path)));
  if (!signs.includes(true)) {
    const none = unknown(`no NVIDIA driver: ${SIGNS.join(', ')} are not there`);
    return { gpu: none, computeCapability: none, driver: none };
  }
  return cardGpu(machine);
}

async function jetsonGpu(machine: Machine, soc: string, l4t: Fact): Promise<GpuFacts> {
  const entry = machine.compatibility?.socs[soc];
  const source = `by SoC ${soc}`;
  const missing = unknown(`SoC ${soc} is not in the table`);
  const driver =
    soc === SERVER_DRIVER
      ? await firstOf([...driverFiles(machine), smiDriver(machine)])
      : // A driver of cards may be loaded for the display; the GPU is driven by nvgpu.
        known(`nvgpu of L4T ${l4t.value ?? 'unknown'}`, source);
  return {
    gpu: entry === undefined ? missing : known(entry.gpu, source),
    computeCapability: entry === undefined ? missing : known(entry.computeCapability, source),
    driver,
  };
}

async function cardGpu(machine: Machine): Promise<GpuFacts> {
  const { cards, reason } = await askForCards((args) => machine.ask('nvidia-smi', args));
  const [card] = cards;
  const source = cards.length > 1 ? `nvidia-smi, the first of ${cards.length} cards` : 'nvidia-smi';
  const said = (value: string | undefined): Fact =>
    value === undefined
      ? unknown(`nvidia-smi ${card === undefined ? reason : 'does not say'}`)
      : known(value, source);
  return {
    gpu: await firstOf([{ name: 'nvidia-smi', look: () => said(card?.name) }, cardInformation(machine)]),
    computeCapability: said(card?.computeCapability),
    driver: await firstOf([...driverFiles(machine), { name: 'nvidia-smi', look: () => said(card?.driver) }]),
  };
}

function driverFiles(machine: Machine): Place[] {
  return [
    filePlace(machine, `${DRIVER}/version`, parseNvrmVersion),
    filePlace(machine, '/sys/module/nvidia/version', (text) => (isDriverVersion(text) ? text : undefined)),
  ];
}

function smiDriver(machine: Machine): Place {
  return {
    name: 'nvidia-smi',
    look: async () => {
      const { cards, reason } = await askForCards((args) => machine.ask('nvidia-smi', args));
      return cards.length > 0 ? cards[0]?.driver : unknown(`nvidia-smi ${reason}`);
    },
  };
}

/** Containers without the part of the driver that nvidia-smi belongs to still have this. */
function cardInformation(machine: Machine): Place {
  const folder = `${DRIVER}/gpus`;
  return {
    name: folder,
    look: async () => {
      for (const name of (await machine.files.names(folder)).slice(0, 64)) {
        const model = parseCardInformation(await machine.files.read(`${folder}/${name}/information`));
        if (model !== undefined) return known(model, `${folder}/${name}/information`);
      }
      return undefined;
    },
  };
}
