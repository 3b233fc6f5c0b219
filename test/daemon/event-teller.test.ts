/** What the journal is told. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { DeviceEvent } from '../../dist/core/device-event.js';
import { EventTeller } from '../../dist/daemon/event-teller.js';
import type { JournalEvent } from '../../dist/health/journal-event.js';
import type { ModelReport } from '../../dist/ipc/protocol.js';

function rig() {
  const events: JournalEvent[] = [];
  const announced: DeviceEvent[] = [];
  let closed = 0;
  const teller = new EventTeller({
    announce: (event) => void announced.push(event),
    journal: {
      event: (event) => void events.push(event),
      close: async () => {
        closed += 1;
      },
    },
  });
  return { teller, events, announced, closed: () => closed };
}

const model = (digest: string): ModelReport =>
  ({ identity: { name: 'people', version: '2.0.0', digest } }) as ModelReport;

t.test('what is worse than before stands out', async (t) => {
  const { teller, events } = rig();
  teller.state('ready', '');
  teller.state('degraded', 'mqtt: no broker');
  teller.workerFailed(new DetectdError('WORKER_HUNG', 'The worker hangs.', 'Look.'));
  t.match(events, [
    { event: 'device-state', message: 'the device is ready', fields: { state: 'ready' } },
    { event: 'device-state', message: 'the device is degraded: mqtt: no broker', priority: 4 },
    { event: 'worker-failed', message: 'The worker hangs.', code: 'WORKER_HUNG', priority: 3 },
  ]);
});

t.test('a remedy is told with what it is and why, a fresh worker when it serves', async (t) => {
  const { teller, events } = rig();
  teller.remedy({ act: 'recycle', cause: 'leak', reason: 'grows by 60 MB an hour', ts: '' });
  teller.recycled('leak: grows by 60 MB an hour');
  t.match(events, [
    { event: 'remedy', fields: { act: 'recycle', cause: 'leak' } },
    { event: 'worker-recycled', message: 'a fresh worker took over: leak: grows by 60 MB an hour' },
  ]);
});

t.test('what becomes of stored messages is told the journal alone', async (t) => {
  const { teller, events, announced } = rig();
  const lost = {
    ...{ stream: 'events', boot_id: 'b1', from_seq: 3, to_seq: 4, cause: 'overflow', count: 2 },
  };
  const message = 'it is so';
  teller.stored({ type: 'lost', severity: 'warning', message, fields: { lost } });
  teller.stored({
    type: 'outbox',
    severity: 'warning',
    message,
    code: 'OUTBOX_DISK',
    fields: { mode: 'memory' },
  });
  teller.stored({ type: 'outbox', severity: 'info', message, fields: { mode: 'disk' } });
  t.match(events, [
    { event: 'lost', message, priority: 4, fields: { cause: 'overflow', stream: 'events', count: 2 } },
    { event: 'outbox', code: 'OUTBOX_DISK', priority: 4, fields: { mode: 'memory' } },
    { event: 'outbox', priority: 5, fields: { mode: 'disk' } },
  ]);
  t.same(announced, []);
});

t.test('an engine is told of by its model, with the reason where there is none', async (t) => {
  const { teller, events } = rig();
  teller.engine('people', { provider: 'tensorrt', precision: 'fp16' });
  const error = new DetectdError('ENGINE_BUILD', 'trtexec ended.', '');
  teller.engine('people', { provider: 'tensorrt', precision: 'fp16' }, error);
  t.match(events, [
    { event: 'engine-built', message: 'the tensorrt fp16 engine of "people" is ready', model: 'people' },
    { event: 'engine-refused', code: 'ENGINE_BUILD', message: /is not used: trtexec ended\.$/, priority: 4 },
  ]);
});

t.test('only another model by the same name is a change', async (t) => {
  const { teller, events } = rig();
  teller.models([model('sha256:aa')]);
  teller.models([model('sha256:aa')]);
  t.strictSame(events, []);
  teller.models([model('sha256:bb')]);
  t.match(events, [
    { event: 'model-changed', model: 'people', fields: { version: '2.0.0', digest: 'sha256:bb' } },
  ]);
});

t.test('a configuration is told of whether it is used or not', async (t) => {
  const { teller, events, closed } = rig();
  teller.configApplied();
  teller.configRefused(new DetectdError('CONFIG_INVALID', 'line 3 is wrong', ''));
  t.match(events, [
    { event: 'config-applied' },
    { event: 'config-refused', code: 'CONFIG_INVALID', priority: 3 },
  ]);
  await teller.close();
  t.equal(closed(), 1);
});

t.test('the stream of events has all that the journal has, and the states of cameras', async (t) => {
  const { teller, events, announced } = rig();
  teller.state('degraded', 'mqtt: no broker');
  teller.workerFailed(new DetectdError('WORKER_HUNG', 'The worker hangs.', 'Look.'));
  for (const state of ['connecting', 'online', 'online', 'connecting', 'online'])
    teller.camera('gate', state);
  teller.camera('gate', 'offline', { code: 'CAMERA_LOST', message: 'no route' });
  teller.forget('gate');
  teller.camera('gate', 'offline');
  t.equal(events.length, 2);
  t.match(announced, [
    { type: 'device-state', severity: 'warning', fields: { state: 'degraded' } },
    { type: 'worker-failed', severity: 'error', code: 'WORKER_HUNG' },
    { type: 'camera-state', severity: 'info', camera: 'gate', fields: { state: 'online' } },
    {
      ...{ type: 'camera-state', severity: 'warning', code: 'CAMERA_LOST', fields: { state: 'offline' } },
      message: 'camera "gate" is offline: no route',
    },
    { type: 'camera-state', message: 'camera "gate" is offline' },
  ]);
});
