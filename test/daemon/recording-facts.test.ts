/** What is told of a recording. */
import t from 'tap';
import type { Recording } from '../../dist/core/recording.js';
import { recordingFacts, sidecar, whatHappened } from '../../dist/daemon/recording-facts.js';
import { FakeClock } from '../helpers/fake-clock.js';

const clock = new FakeClock({ monotonicUs: 100_000_000, wallMs: Date.UTC(2026, 10, 23, 12, 0, 0) });
const whole: Recording = {
  camera: 'gate',
  path: '/kept/gate.ts',
  bytes: 1234,
  fromUs: 80_000_000,
  toUs: 90_500_000,
  missingS: 0,
  moments: [
    { reason: 'object', atUs: 85_000_000, detail: { id: 'gate-1', label: 'person' } },
    { reason: 'command', atUs: 86_000_000 },
  ],
};

t.test('the event names the file, its time by the wall clock, and why there is one', (t) => {
  t.strictSame(recordingFacts(whole, clock), {
    file: '/kept/gate.ts',
    from: '2026-11-23T11:59:40.000Z',
    to: '2026-11-23T11:59:50.500Z',
    bytes: 1234,
    reason: 'object',
  });
  t.equal(whatHappened(whole), 'recorded 10.5 s of camera "gate": an object came into view');
  t.end();
});

t.test('what is missing is said', (t) => {
  const problem = { code: 'RECORDING_DISK', message: 'There is no room.' } as const;
  const cut: Recording = { ...whole, missingS: 3.2, problem };
  t.match(recordingFacts(cut, clock), { missing_s: 3.2, problem: 'There is no room.' });
  t.match(whatHappened(cut), /begins 3\.2 s late.*cut short: There is no room\./);
  t.end();
});

t.test('beside the file lies what it shows', (t) => {
  const by = { device: 'dock-3', bootId: 'b1', complete: true };
  t.match(sidecar(whole, by, clock), {
    ...{ device: 'dock-3', camera: 'gate', boot_id: 'b1', complete: true, file: '/kept/gate.ts' },
    events: [
      { reason: 'object', ts: '2026-11-23T11:59:45.000Z', id: 'gate-1', label: 'person' },
      { reason: 'command', ts: '2026-11-23T11:59:46.000Z' },
    ],
  });
  t.notOk('file' in sidecar({ ...whole, path: '' }, by, clock), 'not in its place yet');
  t.end();
});
