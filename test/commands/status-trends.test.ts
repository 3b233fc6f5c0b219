/** How figures move, in one table. */
import t from 'tap';
import { statusFacts } from '../../dist/commands/status-facts.js';
import { trendLines } from '../../dist/commands/status-trends.js';
import { rendered } from '../../dist/commands/styled-text.js';
import { healthPayload } from '../../dist/publish/health-payload.js';
import { deviceState } from '../helpers/device-state.js';
import { healthReport } from '../helpers/health-report.js';

function drawn(width: number, change: Parameters<typeof healthReport>[0] = {}) {
  const health = JSON.parse(
    JSON.stringify(healthPayload({ report: healthReport(change), device: 'd', bootId: 'b' })),
  );
  const lines = trendLines(statusFacts(deviceState({ health })), width);
  return lines.map((line) => rendered(line, { colour: false, unicode: true }));
}

t.test('each figure with its graph, its slope and what that means', async (t) => {
  const lines = drawn(100);
  t.match(lines[0], / NOW {2}1 HOUR +PER HOUR {2}TREND$/);
  t.match(lines[1], /^worker +969 MB {2}[▁-█]{48} +\+0\.4 MB {2}up and down$/);
  t.match(lines[2], /^worker gpu +1861 MB +\+62\.4 MB {2}leak, limit in 12 h$/);
  t.match(lines[3], /^gpu +1935 MB {2}▁[▁-█]+█ +\+60\.1 MB {2}rising$/);
  t.match(lines[5], /^available +2914 MB {2}█[▁-█]+▁ +-58\.3 MB {2}falling$/);
  t.match(lines[6], /^frame rate +34\.9\/s {2}[▄▅ ]+$/);
  t.match(lines[7], /^hottest +66\.0 °C {2}[▁-█]+$/);
  t.ok(lines.every((text) => text.length <= 100));
});

t.test('in little room the slope goes and the graph stays', async (t) => {
  const lines = drawn(40);
  t.ok(lines.every((text) => text.length <= 40));
  t.match(lines[2], /^worker gpu +1861 MB +leak, limi…$/);
  t.match(lines[3], /^gpu +1935 MB {2}▁[▁-█]{4}█ {2}rising$/);
});

t.test('what nobody measures is a dash or is not there', async (t) => {
  const { machine, history } = healthReport();
  const unknown = { ...machine, gpuUsedBytes: undefined, temperatures: [] };
  const nothing = { intervalS: 60, availableBytes: [], workerBytes: [], gpuBytes: [], fps: [], hottestC: [] };
  const lines = drawn(80, { machine: unknown, memory: [], history: nothing, cameras: [], processes: [] });
  t.same(
    lines.slice(1).map((text) => text.split(/ {2,}/)[0]),
    ['available', 'frame rate', 'hottest'],
  );
  t.match(lines.at(-1), /^hottest +-$/);
  t.match(
    drawn(80, {
      history: {
        ...history,
        fps: [1, 2, 3],
        gpuBytes: [],
        workerBytes: [],
        availableBytes: [],
        hottestC: [],
      },
    })[0],
    '3 MIN',
  );
});

t.test('a leak without a limit, and a series that nobody knows, are told as they are', async (t) => {
  const lines = drawn(80, {
    memory: [
      { name: 'worker', bytes: 1e9, verdict: 'leak', bytesPerHour: 1e6, reason: '' },
      { name: 'available', bytes: 1e9, verdict: 'shrinking', bytesPerHour: -1e6, reason: '' },
      { name: 'other', bytes: 1e6, verdict: 'novel', bytesPerHour: 0, reason: '' },
    ],
  });
  t.match(lines[1], /\+1\.0 MB {2}leak$/);
  t.ok(lines.some((text) => /^available .*\+1\.0 MB {2}growing$/.test(text)));
  t.ok(lines.some((text) => /^other +1 MB .*novel$/.test(text)));
});
