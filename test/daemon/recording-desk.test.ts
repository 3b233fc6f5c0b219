/** What starts a recording, what is told of it, and what becomes of it when the configuration changes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Config } from '../../dist/config/schema.js';
import type { DeviceEvent } from '../../dist/core/device-event.js';
import { RecordingDesk } from '../../dist/daemon/recording-desk.js';
import { testConfig } from '../helpers/config.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { logLines } from '../helpers/log-lines.js';
import { madeUpPiece } from '../helpers/made-up-stream.js';
import { trackEvent } from '../helpers/track-event.js';

function rig(t: Test) {
  const folder = t.testdir();
  const clock = new FakeClock({ monotonicUs: 100_000_000 });
  const told: DeviceEvent[] = [];
  const desk = new RecordingDesk({
    ...{ env: {}, clock, log: logLines().log, bootId: 'b1', device: () => 'dock-3' },
    announce: (event) => told.push(event),
  });
  const buffer = join(folder, 'cache', 'recordings', 'gate');
  const kept = join(folder, 'state', 'recordings');
  const config = (recording: object | undefined, more: object = {}): Config =>
    testConfig({
      paths: { state: join(folder, 'state'), cache: join(folder, 'cache') },
      recordings: { min_free_mb: 0 },
      cameras: {
        gate: {
          source: 'rtsp://h/x',
          model: 'people',
          ...(recording === undefined ? {} : { recording }),
          ...more,
        },
        yard: { source: 'rtsp://h/y', model: 'people' },
      },
    });
  let second = 0;
  const play = async (seconds: number) => {
    for (const end = second + seconds; second < end; second += 1) {
      const path = join(buffer, `a-${String(second).padStart(6, '0')}.ts`);
      writeFileSync(path, madeUpPiece({ from: 3600 + second }));
      clock.advance(1000);
      utimesSync(path, clock.wallMs() / 1000, clock.wallMs() / 1000);
      await desk.look();
    }
  };
  t.teardown(() => desk.close());
  return {
    desk,
    clock,
    told,
    buffer,
    kept,
    config,
    play,
    files: () => readdirSync(kept).filter((name) => /\.ts$/.test(name)),
  };
}

t.test('an object that comes into view is recorded, and that is told', async (t) => {
  const { desk, clock, told, kept, config, play, files } = rig(t);
  await desk.configure(config({ before_s: 2, after_s: 2 }));
  await play(6);
  const startUs = clock.monotonicUs();
  desk.track(trackEvent({ type: 'new', startUs }));
  desk.track(trackEvent({ type: 'end', startUs }));
  desk.track(trackEvent({ type: 'new', camera: 'yard', startUs }));
  await play(5);
  const [file = ''] = files();
  t.equal(files().length, 1);
  t.match(told, [
    {
      ...{ type: 'recording', severity: 'info', camera: 'gate', code: undefined },
      fields: { file: join(kept, file), reason: 'object', bytes: Number },
    },
  ]);
  const beside = JSON.parse(readFileSync(join(kept, `${file}.json`), 'utf8'));
  t.match(beside, { device: 'dock-3', boot_id: 'b1', complete: true, events: [{ label: 'person' }] });
});

t.test('a camera that was online and is lost is recorded once, with the last that came', async (t) => {
  const { desk, clock, told, config, play } = rig(t);
  await desk.configure(config({ before_s: 2, after_s: 0 }));
  desk.camera('gate', 'offline');
  await play(6);
  t.strictSame(told, [], 'it had not been online');
  desk.camera('gate', 'online');
  clock.advance(4000);
  desk.camera('gate', 'stalled', { message: 'No picture came.' });
  desk.camera('gate', 'offline');
  for (let half = 0; half < 20; half += 1) {
    clock.advance(500);
    await desk.look();
  }
  t.match(told, [{ type: 'recording', severity: 'info', fields: { reason: 'camera' } }]);
});

t.test('a command is answered with the file, or with why there is none', async (t) => {
  const { desk, config, play, kept } = rig(t);
  await desk.configure(config({ before_s: 2, after_s: 2 }));
  await play(4);
  const asked = desk.record('gate');
  await play(4);
  const answer = await asked;
  t.match(answer, { camera: 'gate', recordings: [{ reason: 'command' }] });
  t.ok(existsSync((answer['recordings'] as { file: string }[])[0]?.file ?? ''));
  t.equal(readdirSync(kept).length, 2);
  await t.rejects(desk.record('yard'), { code: 'RECORDING_UNAVAILABLE' });
  await t.rejects(desk.record('nobody'), { code: 'COMMAND_UNKNOWN', hint: /gate, yard/ });
  await desk.configure(config({ on: ['object'] }));
  await t.rejects(desk.record('gate'), { code: 'RECORDING_UNAVAILABLE' });
});

t.test('only what is wanted starts a recording', async (t) => {
  const { desk, clock, config, play, files } = rig(t);
  await desk.configure(config({ on: ['camera'], before_s: 1, after_s: 1 }));
  await play(3);
  desk.track(trackEvent({ startUs: clock.monotonicUs() }));
  await play(4);
  t.strictSame(files(), []);
});

t.test('a camera that is changed is recorded anew, one that is not goes on', async (t) => {
  const { desk, clock, config, play, files, buffer } = rig(t);
  await desk.configure(config({ after_s: 30 }));
  t.ok(existsSync(buffer), 'before the camera is opened');
  await play(4);
  desk.track(trackEvent({ startUs: clock.monotonicUs() }));
  await play(2);
  await desk.configure(config({ after_s: 30 }, { fps: 5 }));
  t.strictSame(files(), [], 'it is still being recorded');
  await desk.configure(config({ after_s: 3 }));
  t.equal(files().length, 1, 'what is there is kept');
  await desk.configure(config(undefined));
  t.notOk(existsSync(buffer));
  t.equal(clock.pending, 0, 'nobody looks any more');
});

t.test('what cannot be recorded is told now and then, and nothing else is hurt', async (t) => {
  const { desk, clock, told, config, buffer } = rig(t);
  rmSync(buffer, { recursive: true, force: true });
  mkdirSync(join(buffer, '..'), { recursive: true });
  writeFileSync(buffer, 'a file in its place');
  await desk.configure(config({}));
  for (let number = 0; number < 20; number += 1) await desk.look();
  t.equal(told.length, 1);
  t.match(told, [{ type: 'recording', severity: 'warning', camera: 'gate', code: 'RECORDING_DISK' }]);
  clock.advance(1);
});

t.test('a camera that is online and leaves nothing is told of', async (t) => {
  const { desk, clock, told, config } = rig(t);
  await desk.configure(config({}));
  desk.camera('gate', 'online');
  clock.advance(14_000);
  await desk.look();
  t.strictSame(told, []);
  clock.advance(2000);
  await desk.look();
  t.match(told, [
    { severity: 'warning', code: 'RECORDING_UNAVAILABLE', message: /nothing of its stream is kept/ },
  ]);
});
