import t from 'tap';
import { heatOf } from '../../dist/health/heat.js';

const sensor = (name: string, tempC: number, passiveC?: number, criticalC?: number) => ({
  name,
  tempC,
  passiveC,
  criticalC,
});

t.test('a sensor is too hot from where the kernel begins to hold clocks down', async (t) => {
  t.equal(heatOf([sensor('cpu-thermal', 99, 99, 104.5)], undefined).state, 'hot');
  t.equal(heatOf([sensor('cpu-thermal', 98.9, 99, 104.5)], undefined).state, 'between');
  t.equal(heatOf([sensor('cpu-thermal', 94, 99, 104.5)], undefined).state, 'cool');
});

t.test('the sensor that is nearest to its own limit counts, not the hottest', async (t) => {
  const heat = heatOf([sensor('nvme', 84, 82), sensor('gpu-thermal', 90, 99)], undefined);
  t.strictSame(heat, { state: 'hot', reason: 'nvme is at 84.0 °C, the limit is 82.0 °C' });
});

t.test('where only the end is known the limit lies below it, and a limit of ours goes for all', async (t) => {
  t.equal(heatOf([sensor('soc', 97, undefined, 105)], undefined).state, 'hot');
  t.equal(heatOf([sensor('soc', 96.9, undefined, 105)], undefined).state, 'between');
  t.equal(heatOf([sensor('soc', 86, 99)], 85).state, 'hot');
});

t.test('sensors without limits, and none at all, are no heat', async (t) => {
  t.strictSame(heatOf([sensor('acpitz', 120)], undefined), { state: 'cool', reason: '' });
  t.strictSame(heatOf([], 85), { state: 'cool', reason: '' });
});
