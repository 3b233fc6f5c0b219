/** Thermal zones of boards: sensors that are off, the one that always says 100, limits. */
import t from 'tap';
import { SystemFiles } from '../../dist/device/system-files.js';
import { celsius, ThermalZones } from '../../dist/device/thermal-zones.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { boardFolder } from '../helpers/fixture-board.js';

const zones = (folder: string) => new ThermalZones(new SystemFiles(folder), new FakeClock()).read();

t.test('an Orin: what is switched off has no temperature', async (t) => {
  const limits = { passiveC: 99, criticalC: 104.5 };
  t.strictSame(await zones(boardFolder('jetpack-6.2.2-orin-nano')), [
    { name: 'cpu-thermal', tempC: 52.968, ...limits },
    { name: 'gpu-thermal', tempC: 47.625, ...limits },
    { name: 'soc0-thermal', tempC: 48.25, ...limits },
    { name: 'tj-thermal', tempC: 52.968, ...limits },
  ]);
});

t.test('a Xavier: the power chip is left out, and nobody states limits', async (t) => {
  t.strictSame(await zones(boardFolder('jetpack-5.1.2-xavier')), [
    { name: 'GPU-therm', tempC: 41.375, passiveC: undefined, criticalC: undefined },
  ]);
});

t.test('of several limits the lowest, and none that is switched off', async (t) => {
  const folder = t.testdir({
    sys: {
      class: {
        thermal: {
          thermal_zone0: {
            ...{
              type: 'x86_pkg_temp',
              temp: '61000',
              trip_point_0_type: 'passive',
              trip_point_0_temp: '95000',
            },
            ...{ trip_point_1_type: 'passive', trip_point_1_temp: '85000', trip_point_2_type: 'critical' },
            trip_point_2_temp: '0',
          },
        },
      },
    },
  });
  t.strictSame(await zones(folder), [
    { name: 'x86_pkg_temp', tempC: 61, passiveC: 85, criticalC: undefined },
  ]);
});

t.test('without sensors there is none', async (t) => t.strictSame(await zones(t.testdir({})), []));

t.test('what no chip survives was not measured', async (t) => {
  t.equal(celsius(-256_000), undefined);
  t.equal(celsius(500_000), undefined);
  t.equal(celsius(undefined), undefined);
  t.equal(celsius(-20_500), -20.5);
});
