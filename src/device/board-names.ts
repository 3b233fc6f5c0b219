/**
 * Which board this is, from the texts of its device tree: part numbers of modules, and the SoC by its
 * compatible name, by the board's own name or by the number of the chip.
 */

/** Part number → what it is sold as. After jtop's table of modules. */
export const MODULES: Readonly<Record<string, string>> = {
  'p3834-0008': 'Jetson AGX Thor (developer kit)',
  'p3701-0000': 'Jetson AGX Orin (developer kit)',
  'p3701-0004': 'Jetson AGX Orin 32 GB',
  'p3701-0005': 'Jetson AGX Orin 64 GB',
  'p3767-0000': 'Jetson Orin NX 16 GB',
  'p3767-0001': 'Jetson Orin NX 8 GB',
  'p3767-0003': 'Jetson Orin Nano 8 GB',
  'p3767-0004': 'Jetson Orin Nano 4 GB',
  'p3767-0005': 'Jetson Orin Nano 8 GB (developer kit)',
  'p3310-1000': 'Jetson TX2',
};

/** What is known of a module whose exact number is not in the table. */
const FAMILIES: Readonly<Record<string, string>> = {
  p3834: 'Jetson Thor',
  p3701: 'Jetson AGX Orin',
  p3767: 'Jetson Orin NX or Nano',
  p3668: 'Jetson Xavier NX',
  p2888: 'Jetson AGX Xavier',
  p3448: 'Jetson Nano',
  p3310: 'Jetson TX2',
};

/** What a module is called; its number when it is not known. */
export function moduleName(part: string): string {
  return MODULES[part] ?? FAMILIES[part.slice(0, 5)] ?? part;
}

/**
 * The module among the part numbers in `compatible` ("nvidia,p3768-0000+p3767-0005-super") or `nvidia,boardids`
 * ("p3768-0000\0p3767-0005"), where carrier boards have numbers of the same form.
 */
export function parseModule(text: string): string | undefined {
  const parts = text.slice(0, 4096).match(/\bp\d{4}-\d{4}\b/g) ?? [];
  return parts.find((part) => part in MODULES) ?? parts.find((part) => part.slice(0, 5) in FAMILIES);
}

/** "nvidia,p3737-0000+p3701-0000\0nvidia,tegra234\0nvidia,tegra23x" is tegra234. */
export function parseSoc(compatible: string): string | undefined {
  const names = compatible.split('\0').map((name) => name.slice(name.lastIndexOf(',') + 1));
  const exact = names.find((name) => /^tegra\d{3}$/.test(name));
  if (exact !== undefined) return exact;
  if (names.includes('tegra23x')) return 'tegra234';
  return names.includes('tegra26x') ? 'tegra264' : undefined;
}

/** The board's name says it too, where the device tree is hidden, as in a container. */
export function socOfModel(model: string): string | undefined {
  if (/\bThor\b/i.test(model)) return 'tegra264';
  if (/\bOrin\b/i.test(model)) return 'tegra234';
  if (/\bXavier\b/i.test(model)) return 'tegra194';
  if (/\bTX2\b/i.test(model)) return 'tegra186';
  return /\bJetson[ -](Nano|TX1)\b/i.test(model) ? 'tegra210' : undefined;
}

/** Number of the chip in /sys/devices/soc0/soc_id, decimal: 35 = 0x23 is tegra234. */
export function socOfChipId(family: string, id: string): string | undefined {
  if (!/^tegra$/i.test(family.trim())) return undefined;
  const socs: Record<string, string> = {
    '33': 'tegra210',
    '24': 'tegra186',
    '25': 'tegra194',
    '35': 'tegra234',
    '38': 'tegra264',
  };
  return socs[id.trim()];
}
