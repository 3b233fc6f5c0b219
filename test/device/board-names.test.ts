/** Boards by the texts of their device trees. */
import t from 'tap';
import {
  MODULES,
  moduleName,
  parseModule,
  parseSoc,
  socOfChipId,
  socOfModel,
} from '../../dist/device/board-names.js';

t.test('the module is found among the carrier boards', async (t) => {
  t.equal(parseModule('nvidia,p3737-0000+p3701-0000\0nvidia,tegra234\0nvidia,tegra23x\0'), 'p3701-0000');
  t.equal(parseModule('nvidia,p3768-0000+p3767-0005-super\0'), 'p3767-0005');
  t.equal(parseModule('p3768-0000\0p3767-0003\0'), 'p3767-0003');
  t.equal(parseModule('nvidia,p3509-0000+p3668-0001'), 'p3668-0001', 'by family');
  t.equal(parseModule('nvidia,p3768-0000'), undefined, 'a carrier alone');
  t.equal(parseModule(''), undefined);
  t.equal(parseModule(`${'x'.repeat(1e6)}p3701-0000`), undefined, 'only the beginning is looked at');
});

t.test('modules have names, unknown ones at least that of their family', async (t) => {
  for (const part of Object.keys(MODULES)) t.match(moduleName(part), /^Jetson /);
  t.equal(moduleName('p3767-0003'), 'Jetson Orin Nano 8 GB');
  t.equal(moduleName('p3668-0001'), 'Jetson Xavier NX');
  t.equal(moduleName('p9999-0000'), 'p9999-0000');
});

t.test('the SoC is known by compatible name, model and chip', async (t) => {
  t.equal(parseSoc('nvidia,p3737-0000+p3701-0000\0nvidia,tegra234\0nvidia,tegra23x\0'), 'tegra234');
  t.equal(parseSoc('nvidia,p2972-0000\0nvidia,tegra194\0'), 'tegra194');
  t.equal(parseSoc('nvidia,something\0nvidia,tegra23x'), 'tegra234');
  t.equal(parseSoc('nvidia,something\0nvidia,tegra26x'), 'tegra264');
  t.equal(parseSoc('raspberrypi,5-model-b\0brcm,bcm2712\0'), undefined);
  const models: [string, string | undefined][] = [
    ['NVIDIA Jetson AGX Thor Developer Kit', 'tegra264'],
    ['NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super', 'tegra234'],
    ['Jetson-AGX', undefined],
    ['NVIDIA Jetson Xavier NX Developer Kit', 'tegra194'],
    ['NVIDIA Jetson Nano Developer Kit', 'tegra210'],
    ['lightning TX2', 'tegra186'],
    ['Raspberry Pi 5 Model B Rev 1.0', undefined],
  ];
  for (const [model, soc] of models) t.equal(socOfModel(model), soc, model);
  t.equal(socOfChipId('Tegra\n', '35\n'), 'tegra234');
  t.equal(socOfChipId('Tegra', '38'), 'tegra264');
  t.equal(socOfChipId('Tegra', '99'), undefined);
  t.equal(socOfChipId('Snapdragon', '35'), undefined, "another maker's numbers");
});
