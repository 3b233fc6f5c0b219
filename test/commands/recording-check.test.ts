/** Whether a camera can be recorded is known before it is missed. */
import t from 'tap';
import { recordingFinding } from '../../dist/commands/recording-check.js';
import type { Source } from '../../dist/core/source.js';

const without = (...missing: string[]) => ({
  has: (name: string) => !name.startsWith('nv') && !missing.includes(name),
});
const recording = { folder: '/run/gate', seconds: 20 };
const RTSP: Source = { kind: 'rtsp', url: 'rtsp://h/x', transport: 'tcp', latencyMs: 200 };
const find = (source: Source, missing: string[] = []) =>
  recordingFinding({ name: 'gate', source, recording }, without(...missing));

t.test('who is not recorded is not asked', (t) => {
  t.equal(recordingFinding({ name: 'gate', source: RTSP }, without()), undefined);
  t.end();
});

t.test('what is kept as it comes, and what is encoded', (t) => {
  t.match(find({ ...RTSP, codec: 'h265' }), { state: 'ok', detail: /kept as it is/ });
  t.match(find(RTSP), { state: 'ok', detail: /all else is encoded/ });
  t.match(find({ kind: 'http', url: 'http://h/x' }, ['x264enc', 'openh264enc']), { state: 'ok' });
  t.match(find({ kind: 'csi', sensorId: 0 }), { state: 'ok', detail: /x264enc/ });
  t.match(find({ ...RTSP, codec: 'vp8' }), { state: 'ok', detail: /VP8/ });
  t.end();
});

t.test('what cannot be recorded here is a fault with a cure', (t) => {
  const none = ['x264enc', 'openh264enc'];
  t.match(find({ kind: 'csi', sensorId: 0 }, none), { state: 'failed', cure: /apt-get install/ });
  t.match(find({ ...RTSP, codec: 'vp8' }, none), { state: 'failed' });
  t.match(find(RTSP, none), { state: 'warning', detail: /only H\.264 and H\.265/ });
  t.match(find(RTSP, ['errorignore']), { state: 'failed', detail: /errorignore/ });
  t.end();
});
