/** nvpmodel's words, and its files. */
import t from 'tap';
import { parseModeName, parseModeStatus, parsePowerMode } from '../../dist/device/power-mode.js';

t.test('the mode is named in one line', async (t) => {
  t.equal(parsePowerMode('NV Power Mode: 25W\n1\n'), '25W');
  t.equal(
    parsePowerMode('NVPM WARN: fan mode is not set!\nNV Power Mode: MODE_15W_6CORE\n2\n'),
    'MODE_15W_6CORE',
  );
  t.equal(parsePowerMode('NVPM ERROR: failed to read PARAM'), undefined);
  t.equal(parsePowerMode(''), undefined);
});

t.test('its files name it by number', async (t) => {
  const config =
    '# x\n< POWER_MODEL ID=0 NAME=15W >\nCPU 1\n< POWER_MODEL ID=1 NAME=25W >\n< PM_CONFIG DEFAULT=1 >\n';
  t.equal(parseModeStatus('pmode:0001'), 1);
  t.equal(parseModeStatus('pmode:0001 fmode:quiet\n'), 1);
  t.equal(parseModeStatus('mode 1'), undefined);
  t.equal(parseModeName(config, 1), '25W');
  t.equal(parseModeName(config, 7), undefined);
});
