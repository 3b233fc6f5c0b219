/** Messages as checked facts. */
import t from 'tap';
import { statusFacts } from '../../dist/commands/status-facts.js';
import { deviceState, hostileState } from '../helpers/device-state.js';

t.test('the messages of a device become facts', async (t) => {
  const facts = statusFacts(deviceState());
  t.match(facts, {
    device: 'dock-3',
    state: 'degraded',
    version: '0.1.0',
    models: [
      {
        name: 'people',
        provider: 'cuda fp32',
        phase: 'building the tensorrt fp16 engine, 34 %',
        failed: false,
        notes: [],
      },
    ],
    health: {
      uptimeS: 22_384,
      workerState: 'serving',
      failures: [['WORKER_HUNG', 1]],
      machine: { availableMb: 2914.3, throttledBy: [], powerMode: '15W' },
      mqtt: { published: 857_786, queuedBytes: 0 },
      taken: [
        ['recycle', 'leak', 2],
        ['slow down', 'hot', 1],
        ['speed up', 'hot', 1],
      ],
      pending: { act: 'recycle', cause: 'leak' },
      maxRate: undefined,
    },
  });
  t.same(facts.health?.machine.temperatures[0], ['gpu-thermal', 66]);
  t.equal(facts.health?.history.fps?.length, 60);
});

t.test('of a camera the newer word counts, with what only the other one tells', async (t) => {
  const state = deviceState();
  const [gate, , , lane] = statusFacts(state).cameras;
  t.match(gate, { name: 'gate', fps: 10, frameAgeMs: 84, dropped: 12 });
  t.match(lane, { state: 'offline', reason: 'No frame came for 10 s.', frameAgeMs: 73_204, reconnects: 7 });
  const back = {
    ...state.cameras['lane'],
    state: 'online',
    reason: undefined,
    fps: 3,
    ts: '2026-11-22T08:21:05.000Z',
  };
  const later = deviceState({ cameras: { lane: back } as never });
  t.match(statusFacts(later).cameras[3], { state: 'online', fps: 3, reason: undefined, dropped: 0 });
  const earlier = deviceState({ cameras: { lane: { ...back, ts: '2026-11-22T08:00:00.000Z' } } as never });
  t.match(statusFacts(earlier).cameras[3], { state: 'offline', fps: undefined, reason: undefined });
});

t.test('cameras that are not configured any more are left out, unknown ones are named', async (t) => {
  const state = deviceState({ health: undefined });
  const names = (change: object) => statusFacts({ ...state, ...change }).cameras.map(({ name }) => name);
  t.same(names({ info: { ...state.info, cameras: ['gate', 'new'] } }), ['gate', 'new']);
  t.same(names({ info: undefined }), ['gate', 'yard', 'dock-west', 'lane']);
});

t.test('what failed and what is not used is told of a model', async (t) => {
  const people = {
    phase: 'failed',
    elapsed_s: 12,
    provider: 'tensorrt',
    last_error: { message: 'INT8 failed.' },
    steps_down: [{ provider: 'cuda', reason: 'It crashed.' }, { provider: 'x' }, 7],
  };
  t.match(statusFacts(deviceState({ models: { people } as never })).models, [
    {
      phase: 'failed',
      failed: true,
      provider: 'cpu fp32',
      notes: ['INT8 failed.', 'cuda is not used: It crashed.', 'x is not used: for an unknown reason'],
    },
  ]);
});

t.test('a device that has said nothing has no facts', async (t) => {
  const nothing = {
    device: 'd',
    status: undefined,
    info: undefined,
    health: undefined,
    cameras: {},
    models: {},
  };
  t.match(statusFacts(nothing), {
    device: 'd',
    state: undefined,
    cameras: [],
    models: [],
    health: undefined,
  });
});

t.test('messages that hold anything give facts of the right types', async (t) => {
  const facts = statusFacts(hostileState());
  const text = JSON.stringify(facts);
  t.notMatch(text, /\p{Cc}|\u202e/u);
  t.notMatch(text, /\\u00/);
  t.match(facts, { sinceMs: undefined, version: undefined });
  t.equal(facts.cameras.length, 3);
  t.equal(facts.health?.history.worker?.length, 1024);
  t.same(facts.health?.machine.throttledBy?.length, 1);
  t.match(facts.health, {
    uptimeS: undefined,
    takenMs: undefined,
    maxRate: undefined,
    mqtt: { published: undefined },
  });
  const old = statusFacts(deviceState({ health: { schema: '0.1.0' } }));
  t.match(old.health, { services: [], memory: [], processes: [], taken: [], missing: [] });
});
