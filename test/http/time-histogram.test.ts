/** Histograms of times. */
import { Registry } from 'prom-client';
import t from 'tap';
import { registerTimes, Times } from '../../dist/http/time-histogram.js';
import { metricKinds, metricSamples } from '../helpers/metric-samples.js';

const facts = { name: 'a_seconds', help: 'A.', labels: ['x'] };

t.test('a time counts in its bucket and all above, and in sum and count', async (t) => {
  const registry = new Registry();
  const times = new Times(facts.name, { x: 'q' });
  registerTimes(registry, facts, () => [times]);
  for (const seconds of [0, 0.001, 0.0011, 2, 2.1, 100]) times.observe(seconds);
  const text = await registry.metrics();
  t.strictSame([...metricKinds(text)], [['a_seconds', 'histogram']]);
  const samples = metricSamples(text);
  const bucket = (le: string) => samples.get(`a_seconds_bucket{le="${le}",x="q"}`);
  t.strictSame(
    ['0.001', '0.002', '1', '2', '+Inf'].map(bucket),
    [2, 3, 3, 4, 6],
    'an edge belongs to its bucket',
  );
  t.equal(samples.get('a_seconds_count{x="q"}'), 6);
  t.equal(samples.get('a_seconds_sum{x="q"}')?.toFixed(4), '104.1021');
});

t.test('each scrape tells what is there now', async (t) => {
  const registry = new Registry();
  const [one, two] = [new Times(facts.name, { x: '1' }), new Times(facts.name, { x: '2' })];
  let all = [one, two];
  registerTimes(registry, facts, () => all);
  one.observe(1);
  const first = metricSamples(await registry.metrics());
  t.strictSame([first.get('a_seconds_count{x="1"}'), first.get('a_seconds_count{x="2"}')], [1, 0]);
  one.observe(1);
  all = [one];
  const second = metricSamples(await registry.metrics());
  t.strictSame([second.get('a_seconds_count{x="1"}'), second.get('a_seconds_count{x="2"}')], [2, undefined]);
});

t.test('a label is escaped', async (t) => {
  const registry = new Registry();
  const times = new Times(facts.name, { x: 'a"b' });
  registerTimes(registry, facts, () => [times]);
  t.match(await registry.metrics(), 'a_seconds_count{x="a\\"b"} 0');
});
