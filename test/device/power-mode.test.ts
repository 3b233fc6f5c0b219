/** nvpmodel's words, and its files. */
import t from 'tap';
import {
  parseModeName,
  parseModeStatus,
  parsePowerMode,
  readPowerMode,
} from '../../dist/device/power-mode.js';
import { SystemFiles } from '../../dist/device/system-files.js';

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

t.test('the files alone say it, by name or by number', async (t) => {
  const lib = { nvpmodel: { status: 'pmode:0001\n' } };
  const conf = { 'nvpmodel.conf': '< POWER_MODEL ID=1 NAME=MODE_25W >\n' };
  t.equal(await readPowerMode(new SystemFiles(t.testdir({ etc: conf, var: { lib } }))), 'MODE_25W');
  t.equal(await readPowerMode(new SystemFiles(t.testdir({ var: { lib } }))), 'mode 1');
  await t.rejects(readPowerMode(new SystemFiles(t.testdir({}))), { code: 'ENOENT' });
});
