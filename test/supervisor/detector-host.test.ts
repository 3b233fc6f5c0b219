/** The parent's end of the detect process, with a child that plays a script. */
import t from 'tap';
import type { PictureResult } from '../../dist/ipc/detect-protocol.js';
import { DetectorHost } from '../../dist/supervisor/detector-host.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { FakeClock } from '../helpers/fake-clock.js';

const result: PictureResult = {
  index: 0,
  width: 4,
  height: 3,
  detections: [],
  timings: { read: 1, infer: 2, decode: 3 },
};
const opened = ['send', { type: 'opened', report: { family: 'PicoDet' } }] as ['send', unknown];

function host(
  script: Parameters<typeof childEnv>[0],
  change: { signal?: AbortSignal; clock?: FakeClock } = {},
): DetectorHost {
  return new DetectorHost({
    module: CHILD_MODULE,
    env: childEnv({ end: [['exit', 0]], ...script }),
    clock: new FakeClock(),
    scratchFolder: '/nowhere',
    model: { name: 'm', bundle: '/b', threshold: 0.5, provider: 'auto', precision: 'fp32', threads: 0 },
    ...change,
  });
}

t.test('the model is opened, then each file gives its pictures', async (t) => {
  const detector = host({
    open: [opened],
    analyse: [
      ['send', { type: 'picture', path: 'v.mp4', result }],
      ['send', { type: 'picture', path: 'v.mp4', result: { ...result, index: 1 } }],
      ['send', { type: 'done', path: 'v.mp4', pictures: 2 }],
    ],
  });
  t.match(await detector.start(), { family: 'PicoDet' });
  const seen: number[] = [];
  t.equal(await detector.analyse({ path: 'v.mp4', kind: 'video' }, ({ index }) => seen.push(index)), 2);
  t.strictSame(seen, [0, 1]);
  t.ok(detector.alive);
  await detector.close();
});

t.test('a model that does not open is the error of the start', async (t) => {
  const error = { code: 'MODEL_LOAD', message: 'No good.', hint: 'Take another.' };
  const detector = host({ open: [['send', { type: 'fatal', error }]] });
  await t.rejects(detector.start(), { ...error, exitStatus: 1 });
  await detector.close();
});

t.test('a file that fails leaves the process to the others', async (t) => {
  const error = { code: 'IMAGE_UNREADABLE', message: 'No image.' };
  const detector = host({ open: [opened], analyse: [['send', { type: 'failed', path: 'a.jpg', error }]] });
  await detector.start();
  for (const path of ['a.jpg', 'b.jpg'])
    await t.rejects(
      detector.analyse({ path, kind: 'image' }, () => {}),
      error,
    );
  t.ok(detector.alive);
  await detector.close();
});

t.test('a file that takes the process with it is told from others', async (t) => {
  const detector = host({ open: [opened], analyse: [['kill', 'SIGSEGV']] });
  await detector.start();
  const failure = detector.analyse({ path: 'a.jpg', kind: 'image' }, () => {});
  await t.rejects(failure, { code: 'WORKER_CRASHED', message: /SIGSEGV/ });
  t.notOk(detector.alive);
  await detector.close();
});

t.test('the signal ends it in the middle of a file, with its reason', async (t) => {
  const abort = new AbortController();
  const detector = host(
    { open: [opened], analyse: [['send', { type: 'picture', path: 'v.mp4', result }]] },
    { signal: abort.signal },
  );
  await detector.start();
  const cut = detector.analyse({ path: 'v.mp4', kind: 'video' }, () => abort.abort(new Error('enough')));
  await t.rejects(cut, /enough/);
  t.notOk(detector.alive);
  await detector.close();

  const late = host({ open: [opened] }, { signal: abort.signal });
  await t.rejects(late.start(), /enough/, 'and none is started after it');
  await late.close();
});

t.test('it can be asked for a picture, and ended in the middle of a video', async (t) => {
  const detector = host({ open: [opened], draw: [['send', { type: 'drawn' }]], analyse: [], end: [] });
  t.equal(detector.pid, undefined);
  await detector.start();
  t.ok((detector.pid ?? 0) > 0);
  await detector.draw('/nowhere/drawn.jpg');
  const cut = detector.analyse({ path: 'v.mp4', kind: 'video' }, () => {});
  await Promise.all([t.rejects(cut, { code: 'WORKER_CRASHED' }), detector.kill()]);
  t.notOk(detector.alive);
});

t.test('patience with a model can be limited', async (t) => {
  const clock = new FakeClock();
  const detector = host({ open: [] }, { clock });
  const started = detector.start(1000);
  clock.advance(1000);
  await t.rejects(started, { code: 'WORKER_HUNG' });
  await detector.close();
});
