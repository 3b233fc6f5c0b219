/** What a machine lacks, and what to do about it. */
import t from 'tap';
import type { Finding } from '../../dist/commands/finding.js';
import {
  clockFinding,
  elementFindings,
  nodeFinding,
  runtimeFindings,
} from '../../dist/commands/machine-checks.js';

const ALL = [
  ...['appsink', 'videoconvert', 'videoscale', 'decodebin', 'videorate', 'videotestsrc', 'rtspsrc'],
  ...['rtph264depay', 'v4l2src', 'souphttpsrc', 'multipartdemux', 'jpegdec', 'capssetter', 'h264parse'],
  ...['h265parse', 'avdec_h264'],
];
const HARDWARE = ['nvv4l2decoder', 'nvvidconv', 'nvarguscamerasrc'];

function states(findings: Finding[]): string[] {
  return findings.map(({ check, state }) => `${check}: ${state}`);
}

t.test('Node from 20 on will do', async (t) => {
  for (const version of ['20.0.0', '22.1.0', '24.9.9']) t.match(nodeFinding(version), { state: 'ok' });
  t.match(nodeFinding('18.20.4'), { state: 'failed', cure: /20, 22 or 24/ });
});

t.test('a clock that was never set is noticed', async (t) => {
  t.match(clockFinding(Date.UTC(2026, 1, 1)), { state: 'ok', detail: '2026-02-01T00:00:00.000Z' });
  t.match(clockFinding(0), { state: 'warning', detail: /1970.*TLS/, cure: /ntp/ });
});

t.test('a machine that has every element has one good finding', async (t) => {
  t.match(elementFindings(new Set(ALL), false), [
    { check: 'gstreamer elements', state: 'ok', detail: /on the CPU/ },
  ]);
  t.match(elementFindings(new Set([...ALL, ...HARDWARE]), true), [
    { state: 'ok', detail: 'hardware: nvv4l2decoder, nvvidconv, nvarguscamerasrc' },
  ]);
});

t.test('missing elements come with their package', async (t) => {
  const some = elementFindings(new Set(ALL.filter((name) => name !== 'rtspsrc')), false);
  t.match(some[0], {
    check: 'gstreamer element rtspsrc',
    state: 'warning',
    detail: /rtsp: sources/,
    cure: 'apt-get install gstreamer1.0-plugins-good',
  });
  t.equal(some.at(-1)?.state, 'ok', 'the others are enough to go on');
  const none = elementFindings(new Set(), false);
  t.equal(none.length, ALL.length);
  t.equal(none.filter(({ state }) => state === 'failed').length, 4);
  t.ok(none.every(({ cure }) => cure?.startsWith('apt-get install gstreamer1.0-')));
});

t.test('a board without its hardware elements works, on the CPU', async (t) => {
  const findings = elementFindings(new Set([...ALL, 'nvvidconv']), true);
  t.match(findings[0], {
    check: 'gstreamer hardware',
    state: 'warning',
    detail: /^nvv4l2decoder, nvarguscamerasrc missing/,
    cure: /nvidia-l4t-gstreamer/,
  });
});

t.test('native parts that load are named with what they can do', async (t) => {
  const findings = runtimeFindings({
    type: 'runtime',
    gstreamer: {},
    onnxruntime: { version: '1.30.0', providers: ['cpu', 'cuda'] },
    pictures: {},
    systemd: { addon: true },
  });
  t.strictSame(states(findings), ['gstreamer binding: ok', 'onnxruntime: ok', 'pictures: ok', 'systemd: ok']);
  t.match(findings[1]?.detail, /1\.30\.0.*cpu, cuda/);
});

t.test('native parts that do not load say why and what to install', async (t) => {
  const error = { code: 'MODEL_LOAD', message: 'It is not there.', hint: 'Install it.' } as const;
  const findings = runtimeFindings({
    type: 'runtime',
    gstreamer: { error },
    onnxruntime: { error },
    pictures: { error },
    systemd: { addon: false },
  });
  t.strictSame(states(findings), [
    'gstreamer binding: failed',
    'onnxruntime: failed',
    'pictures: failed',
    'systemd: warning',
  ]);
  t.match(findings[0], { detail: 'It is not there.', cure: 'Install it.', code: 'MODEL_LOAD' });
  t.match(findings[3]?.cure, /npm rebuild sd-notify/);
});
