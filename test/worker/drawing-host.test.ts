/** The drawing thread, seen from the thread that asks for pictures; and threads that die. */
import t from 'tap';
import { Scene } from '../../dist/scene/scene.js';
import { DrawingHost } from '../../dist/worker/drawing-host.js';

const OPTIONS = {
  kind: 'shapes',
  width: 64,
  height: 48,
  fps: 10,
  seed: 7,
  objects: 3,
  cutSeconds: 0,
  plain: false,
} as const;

function opened(options: ConstructorParameters<typeof DrawingHost>[0] = OPTIONS, program?: string) {
  const entry =
    program === undefined ? undefined : new URL(`data:text/javascript,${encodeURIComponent(program)}`);
  const host = new DrawingHost(options, entry);
  host.start();
  return host;
}

t.test('a picture and its truth depend on nothing but the options and the time', async (t) => {
  const host = opened();
  const drawn = await host.draw(1.5);
  const { data, truth, unsure } = new Scene(OPTIONS).draw(1.5);
  t.same(drawn?.truth, { objects: truth, unsure });
  t.ok(Buffer.from(drawn?.data ?? []).equals(data), 'the same pixels');
  t.notOk(Buffer.from((await host.draw(2))?.data ?? []).equals(data), 'another time is another picture');
  host.close();
});

t.test('rows come as GStreamer wants them', async (t) => {
  const host = opened({ ...OPTIONS, width: 33 });
  t.equal((await host.draw(0))?.data.length, 100 * 48);
  host.close();
});

t.test('what cannot be drawn is told, again and again', async (t) => {
  const host = opened({ ...OPTIONS, width: 5 });
  const told = { code: 'CAMERA_LOST', message: /^The drawn scene ended: .*32 to 16384 pixels.*5x48\.$/ };
  await t.rejects(host.draw(0), told);
  await t.rejects(host.draw(1), told);
  host.close();
});

t.test('a thread that dies is told with its reason', async (t) => {
  const boom = opened(OPTIONS, 'throw new Error("no paint")');
  await t.rejects(boom.draw(0), { code: 'CAMERA_LOST', message: 'The drawn scene ended: no paint.' });
  boom.close();
  const left = opened(OPTIONS, 'process.exit(3)');
  await t.rejects(left.draw(0), { code: 'CAMERA_LOST', message: 'The drawn scene ended: exit status 3.' });
  await t.rejects(left.draw(0), { code: 'CAMERA_LOST' }, 'also when asked later');
  left.close();
});

t.test('closing gives up the picture that is awaited, however long it takes', async (t) => {
  const host = opened(OPTIONS, 'for (;;);');
  const awaited = host.draw(0);
  host.close();
  t.equal(await awaited, undefined);
  t.equal(await host.draw(1), undefined);
  host.close();
});

t.test('what was never started has no picture', async (t) => {
  const host = new DrawingHost(OPTIONS);
  t.equal(await host.draw(0), undefined);
  host.close();
});
