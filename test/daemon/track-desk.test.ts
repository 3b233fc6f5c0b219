/** Objects are followed whatever becomes of workers, and end when nobody can follow them any more. */
import t from 'tap';
import type { Detection } from '../../dist/core/detection.js';
import { TrackDesk } from '../../dist/daemon/track-desk.js';
import { testConfig } from '../helpers/config.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { frameResult } from '../helpers/frame-result.js';

function setup(overrides: Record<string, unknown> = {}) {
  const clock = new FakeClock();
  const told: string[] = [];
  const desk = new TrackDesk({
    clock,
    bootId: 'b007',
    tell: (event) => told.push(`${event.type} ${event.type === 'occupancy' ? event.zone : event.id}`),
  });
  desk.start(testConfig(overrides));
  const seen = (score = 0.9, faint?: Detection[]) => {
    clock.advance(100);
    const box = { x1: 0, y1: 0, x2: 40, y2: 100 };
    const detections = [{ label: 'person', labelId: 0, score, box }];
    const capturedAtUs = clock.monotonicUs();
    return desk.frame(frameResult({ capturedAtUs, detections, ...(faint === undefined ? {} : { faint }) }));
  };
  return { clock, desk, told, seen };
}

t.test('ids tell camera and start of the daemon apart', async (t) => {
  const { seen, told } = setup();
  seen();
  seen();
  t.equal(seen().detections[0]?.trackId, 'gate-b007-1');
  t.same(told, ['new gate-b007-1']);
});

t.test('what is faint keeps an object, and goes no further', async (t) => {
  const { clock, desk, seen } = setup();
  for (let frame = 0; frame < 3; frame += 1) seen();
  const [faint] = seen().detections as [Detection];
  clock.advance(100);
  const result = desk.frame(
    frameResult({ capturedAtUs: clock.monotonicUs(), detections: [], faint: [{ ...faint, score: 0.2 }] }),
  );
  t.same(result.detections, []);
  t.notOk('faint' in result);
});

t.test('objects end without frames, with their camera, and at the end', async (t) => {
  const { clock, desk, seen, told } = setup();
  for (let frame = 0; frame < 3; frame += 1) seen();
  clock.advance(10_000);
  t.same(told.splice(0), ['new gate-b007-1', 'end gate-b007-1'], 'silence');
  for (let frame = 0; frame < 3; frame += 1) seen();
  desk.configure(
    testConfig({ cameras: { gate: { source: 'v4l2:/dev/video0', model: 'people', enabled: false } } }),
  );
  t.same(told.splice(0), ['new gate-b007-2', 'end gate-b007-2'], 'disabled');
  desk.configure(testConfig());
  for (let frame = 0; frame < 3; frame += 1) seen();
  desk.close();
  t.same(told.splice(0), ['new gate-b007-3', 'end gate-b007-3']);
});

t.test('a reload that changes nothing of it ends nothing; another threshold does', async (t) => {
  const { desk, seen, told } = setup();
  for (let frame = 0; frame < 3; frame += 1) seen();
  desk.configure(testConfig({ log: { level: 'debug' } }));
  t.same(told, ['new gate-b007-1']);
  desk.configure(testConfig({ models: { people: { bundle: '/srv/models/people', threshold: 0.3 } } }));
  t.same(told, ['new gate-b007-1', 'end gate-b007-1']);
});

t.test('where nothing is to be followed frames pass as they are', async (t) => {
  const { seen, told } = setup({ tracking: { enabled: false } });
  for (let frame = 0; frame < 5; frame += 1) t.equal(seen().detections[0]?.trackId, undefined);
  t.same(told, []);
});

t.test('objects of a camera with a frame every five seconds are followed, too', async (t) => {
  const { clock, desk, seen, told } = setup();
  const ids = new Set<string | undefined>();
  for (let frame = 0; frame < 6; frame += 1) {
    ids.add(seen().detections[0]?.trackId);
    clock.advance(4900);
  }
  t.same([...ids], [undefined, 'gate-b007-1']);
  clock.advance(20_000);
  t.match(told.at(-1), /^end/);
  desk.close();
});
