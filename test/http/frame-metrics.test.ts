/** What is counted per analysed frame. */
import { Registry } from 'prom-client';
import t from 'tap';
import { FrameMetrics, STAGES } from '../../dist/http/frame-metrics.js';
import { frameResult } from '../helpers/frame-result.js';
import { metricSamples, samplesOf } from '../helpers/metric-samples.js';

function frames() {
  const registry = new Registry();
  return { frames: new FrameMetrics(registry), registry };
}

const other = { name: 'cars', version: '2', digest: `sha256:${'cd'.repeat(32)}` };

t.test('frames are counted by camera and model, and timed by stage and as a whole', async (t) => {
  const { frames: metrics, registry } = frames();
  const timings = { queue: 38, infer: 10, decode: 1 };
  metrics.frame(frameResult({ timings }), 2.5);
  metrics.frame(frameResult({ timings }), 2.5);
  metrics.frame(frameResult({ camera: 'yard', timings }), 2.5);
  const text = await registry.metrics();
  t.strictSame(samplesOf(text, 'detectd_frames_analysed_total'), {
    '{camera="gate",model="people"}': 2,
    '{camera="yard",model="people"}': 1,
  });
  const samples = metricSamples(text);
  const sum = (stage: string) =>
    samples.get(`detectd_frame_stage_seconds_sum{camera="gate",stage="${stage}"}`);
  t.strictSame(STAGES.map(sum), [0.076, 0.02, 0.002, 0.005]);
  t.equal(samples.get('detectd_frame_latency_seconds_count{camera="gate"}'), 2);
  t.equal(samples.get('detectd_frame_latency_seconds_sum{camera="gate"}')?.toFixed(6), '0.103000');
  t.equal(samples.get('detectd_frame_latency_seconds_bucket{le="0.05",camera="gate"}'), 0);
  t.equal(samples.get('detectd_frame_latency_seconds_bucket{le="0.075",camera="gate"}'), 2);
});

t.test('times that are no times count as 0 and break nothing', async (t) => {
  const { frames: metrics, registry } = frames();
  const timings = { queue: Number.NaN, infer: -3, decode: Number.POSITIVE_INFINITY };
  metrics.frame(frameResult({ timings }), Number.NaN);
  const samples = metricSamples(await registry.metrics());
  t.equal(samples.get('detectd_frame_latency_seconds_sum{camera="gate"}'), 0);
  t.equal(samples.get('detectd_frame_latency_seconds_count{camera="gate"}'), 1);
});

t.test('a camera that is gone has no sample any more, and starts over when it is back', async (t) => {
  const { frames: metrics, registry } = frames();
  metrics.frame(frameResult(), 1);
  metrics.frame(frameResult({ camera: 'yard' }), 1);
  metrics.keep(new Set(['yard']));
  const text = await registry.metrics();
  t.notMatch(text, 'gate');
  t.match(text, 'camera="yard"');
  metrics.frame(frameResult(), 1);
  const back = samplesOf(await registry.metrics(), 'detectd_frames_analysed_total');
  t.strictSame(back, { '{camera="yard",model="people"}': 1, '{camera="gate",model="people"}': 1 });
});

t.test('of a camera only the model of its newest frame is kept', async (t) => {
  const { frames: metrics, registry } = frames();
  const analysed = async () => samplesOf(await registry.metrics(), 'detectd_frames_analysed_total');
  metrics.frame(frameResult(), 1);
  metrics.frame(frameResult({ model: other }), 1);
  t.strictSame(await analysed(), {
    '{camera="gate",model="people"}': 1,
    '{camera="gate",model="cars"}': 1,
  });
  metrics.keep(new Set(['gate']));
  t.strictSame(await analysed(), { '{camera="gate",model="cars"}': 1 });
});
