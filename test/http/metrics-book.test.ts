/** Everything that is counted, as text; and the documents and files that name it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import t from 'tap';
import { MetricsBook } from '../../dist/http/metrics-book.js';
import { frameResult } from '../helpers/frame-result.js';
import { healthReport } from '../helpers/health-report.js';
import { metricKinds, metricSamples, samplesOf } from '../helpers/metric-samples.js';
import { modelReport } from '../helpers/worker-parts.js';

function book(ready = true): MetricsBook {
  return new MetricsBook({ version: '1.2.3', bootId: 'cafe', ready: () => ready });
}

t.test('before the first report it tells what it is, and guesses nothing', async (t) => {
  const metrics = book(false);
  t.match(metrics.contentType, /^text\/plain; version=0\.0\.4/);
  const samples = metricSamples(await metrics.text());
  t.strictSame([...samples.keys()].sort(), [
    `detectd_build_info{version="1.2.3",node="${process.version}",boot_id="cafe"}`,
    'detectd_ready',
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
  ]);
  t.equal(samples.get('detectd_ready'), 0);
  t.ok((samples.get('process_cpu_seconds_total') ?? 0) > 0);
  t.ok((samples.get('process_resident_memory_bytes') ?? 0) > 1e6);
});

t.test('frames, the report and the models come together', async (t) => {
  const metrics = book();
  metrics.frame(frameResult(), 1);
  metrics.frame(frameResult({ camera: 'gone' }), 1);
  metrics.report(healthReport());
  const identity = { name: 'people', version: '1.2', digest: `sha256:${'ab'.repeat(32)}` };
  metrics.models([modelReport({ identity, provider: 'tensorrt', precision: 'fp16', engines: ['e1', 'e2'] })]);
  const text = await metrics.text();
  t.strictSame(samplesOf(text, 'detectd_ready'), { '': 1 });
  t.strictSame(
    samplesOf(text, 'detectd_frames_analysed_total'),
    { '{camera="gate",model="people"}': 1 },
    'the report names no camera "gone"',
  );
  t.strictSame(samplesOf(text, 'detectd_model_info'), {
    [`{model="people",version="1.2",digest="sha256:${'ab'.repeat(32)}",provider="tensorrt",precision="fp16",family="PicoDet"}`]: 1,
  });
  t.strictSame(samplesOf(text, 'detectd_engine_info'), {
    '{model="people",engine="e1"}': 1,
    '{model="people",engine="e2"}': 1,
  });
  metrics.models([]);
  t.strictSame(samplesOf(await metrics.text(), 'detectd_model_info'), {}, 'a model that went');
});

t.test('two books share nothing', async (t) => {
  const [one, two] = [book(), book()];
  one.frame(frameResult(), 1);
  t.strictSame(samplesOf(await two.text(), 'detectd_frames_analysed_total'), {});
});

t.test('who asks while the text is made gets the same, who asks later a new one', async (t) => {
  const metrics = book();
  const first = metrics.text();
  t.equal(metrics.text(), first);
  await first;
  t.not(metrics.text(), first);
  await metrics.text();
});

const root = join(import.meta.dirname, '../..');
const kinds = metricKinds(await book().text());

/** Every name of a metric in `text`; those of a histogram's parts stand for it. */
function namesIn(text: string): string[] {
  const words = text.match(/\b(?:detectd|process)_[a-z_]*[a-z]\b/g) ?? [];
  return [...new Set(words)].map((word) => {
    const whole = word.replace(/_(bucket|sum|count)$/, '');
    return kinds.get(whole) === 'histogram' ? whole : word;
  });
}

t.test('the README lists every metric and no other, each with its labels', async (t) => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const section = /^## Metrics\n([\s\S]*?)^## /m.exec(readme)?.[1] ?? '';
  const table = section.split('\n').filter((line) => line.startsWith('| `'));
  const listed = namesIn(table.map((line) => line.split('|')[1]).join('\n'));
  t.strictSame(listed.sort(), [...kinds.keys()].sort());
  const metrics = book();
  metrics.frame(frameResult(), 1);
  metrics.models([modelReport({ engines: ['e'] })]);
  metrics.report(healthReport());
  const listing = table.join('\n');
  const unlisted = [...metricSamples(await metrics.text()).keys()].filter((sample) => {
    const [name = '', labels = ''] = sample.split('{');
    const [whole = ''] = namesIn(name);
    const given = new RegExp(`\`${whole}(?:\\{([^}]*)\\})?\``).exec(listing)?.[1]?.split(', ') ?? [];
    return [...labels.matchAll(/([a-z_]+)="/g)].some(
      ([, label = '']) => label !== 'le' && !given.includes(label),
    );
  });
  t.strictSame(unlisted, [], 'each with its labels');
});

t.test('dashboard and alerts name metrics that exist', (t) => {
  for (const file of ['grafana-dashboard.json', 'prometheus-alerts.yml']) {
    const names = namesIn(readFileSync(join(root, 'config/monitoring', file), 'utf8'));
    t.ok(names.length > 5, `${file} names metrics`);
    t.strictSame(
      names.filter((name) => !kinds.has(name)),
      [],
      file,
    );
  }
  t.end();
});

t.test('every alert says what is wrong and what to do, and waits before it does', (t) => {
  const text = readFileSync(join(root, 'config/monitoring/prometheus-alerts.yml'), 'utf8');
  const { groups } = load(text) as { groups: { rules: Record<string, unknown>[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  t.ok(rules.length > 10);
  for (const rule of rules)
    t.match(
      rule,
      {
        alert: /^Detectd[A-Z]/,
        expr: /\S/,
        for: /^\d+m$/,
        labels: { severity: /^(warning|critical)$/ },
        annotations: { summary: /\S/, description: /\.$/ },
      },
      String(rule['alert']),
    );
  t.end();
});

t.test('the dashboard takes its data from a variable, and no panel covers another', (t) => {
  const text = readFileSync(join(root, 'config/monitoring/grafana-dashboard.json'), 'utf8');
  const { panels, templating, schemaVersion } = JSON.parse(text);
  t.ok(schemaVersion >= 38, 'Grafana 10');
  t.match(templating.list, [{ name: 'datasource', type: 'datasource', query: 'prometheus' }]);
  t.equal(new Set(panels.map(({ id }: { id: number }) => id)).size, panels.length);
  const taken = new Set<string>();
  for (const { title, type, gridPos, targets = [] } of panels) {
    t.equal(type === 'row', targets.length === 0, `${title} shows something`);
    for (const { expr, datasource } of targets)
      t.match(
        { expr, datasource },
        { expr: /detectd_|process_/, datasource: { uid: '${datasource}' } },
        title,
      );
    const { x, y, w, h } = gridPos;
    t.ok(x + w <= 24, title);
    for (let cell = 0; cell < w * h; cell += 1) {
      const place = `${x + (cell % w)},${y + Math.floor(cell / w)}`;
      if (taken.has(place)) t.fail(`${title} covers another panel`);
      taken.add(place);
    }
  }
  t.end();
});
