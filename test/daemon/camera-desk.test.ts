import t from 'tap';
import { createLogger } from '../../dist/base/logger.js';
import { CameraDesk } from '../../dist/daemon/camera-desk.js';
import type { CameraReport } from '../../dist/ipc/protocol.js';
import { testConfig } from '../helpers/config.js';
import { FakeClock } from '../helpers/fake-clock.js';

function rig() {
  const clock = new FakeClock();
  const told: { camera: string; state: string; error?: { message: string } | undefined }[] = [];
  const forgotten: string[] = [];
  let changed = 0;
  const desk = new CameraDesk({
    clock,
    log: createLogger({ level: 'silent', pretty: false }),
    announcer: {
      camera: ({ camera, state, error }) => void told.push({ camera, state, error }),
      forget: (camera) => void forgotten.push(camera),
    },
    secrets: () => ['hunter22'],
    onChanged: () => {
      changed += 1;
    },
  });
  return { clock, told, forgotten, desk, changed: () => changed };
}

const camera = (model = 'people') => ({ source: 'test:shapes', model });
const report: CameraReport = { camera: 'gate', state: 'online', reconnects: 0 };

t.test('every camera is told of at the start, and again twice a minute', async (t) => {
  const { clock, told, desk } = rig();
  desk.start(testConfig({ cameras: { gate: camera(), yard: { ...camera(), enabled: false } } }));
  t.match(told.splice(0), [
    { camera: 'gate', state: 'connecting' },
    { camera: 'yard', state: 'disabled' },
  ]);
  clock.advance(29_999);
  t.strictSame(told, []);
  clock.advance(1);
  t.equal(told.length, 2);
  desk.close();
  clock.advance(60_000);
  t.equal(told.length, 2, 'until it is closed');
});

t.test('a report is told without secrets, and one of a camera that is gone is not', async (t) => {
  const { told, forgotten, desk, changed } = rig();
  desk.start(testConfig({ cameras: { gate: camera(), yard: camera() } }));
  told.splice(0);
  const error = { code: 'CAMERA_OPEN', message: 'rtsp://u:hunter22@host is gone' } as const;
  desk.report({ ...report, state: 'offline', error });
  t.match(told, [{ camera: 'gate', state: 'offline' }]);
  t.notMatch(told[0]?.error?.message, 'hunter22');
  t.equal(changed(), 1);
  desk.configure(testConfig({ cameras: { yard: camera() } }));
  t.strictSame(forgotten, ['gate']);
  desk.report(report);
  t.equal(changed(), 1);
});

t.test('without a worker all cameras are being opened again', async (t) => {
  const { told, desk } = rig();
  desk.start(testConfig({ cameras: { gate: camera() } }));
  desk.report(report);
  told.splice(0);
  desk.workerGone();
  t.match(told, [{ camera: 'gate', state: 'connecting' }]);
});
