/** Slicing with detectd's own model: what it finds in a large picture that the picture as a whole does not show. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import t from 'tap';
import { largePicture, scoreDetections } from '../helpers/large-picture.js';
import { mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { mqttWatcher } from '../helpers/mqtt-watcher.js';
import { type CliRun, runCli } from '../helpers/run-cli.js';
import { baseConfig, runDaemon } from '../helpers/running-daemon.js';
import { noGstreamer } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { workspace } from '../helpers/workspace.js';

const skip = { skip: noMosquitto || noGstreamer };
const BUNDLE = fileURLToPath(new URL('../../config/bundles/shapes', import.meta.url));

interface Line {
  tiles?: number;
  error?: { code: string };
  detections: { label: string; box: [number, number, number, number] }[];
}

function found(run: CliRun) {
  const { detections, tiles } = JSON.parse(run.stdout) as Line;
  const boxes = detections.map(({ label, box: [x1, y1, x2, y2] }) => ({ label, box: { x1, y1, x2, y2 } }));
  return { boxes, tiles };
}

t.test('shapes in a 4K picture that are too small for the network are found in tiles', async (t) => {
  const { folder, env } = workspace(t);
  const { truth, data, width, height } = largePicture({
    seed: 2,
    width: 3840,
    height: 2160,
    shapes: [
      { count: 2, radius: [300, 400] },
      { count: 24, radius: [30, 60] },
    ],
  });
  const image = join(folder, 'large.png');
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toFile(image);
  const detect = (...args: string[]) =>
    runCli(['detect', '--bundle', BUNDLE, '--json', ...args, image], { env });
  const [plain, ios, nms, tilesOnly] = [
    await detect(),
    await detect('--slice', '480'),
    await detect('--slice', '480', '--slice-merge', 'nms'),
    await detect('--slice', '480', '--no-slice-whole'),
  ];
  for (const run of [plain, ios, nms, tilesOnly]) t.equal(run.status, 0, run.stderr);
  t.equal(found(plain).tiles, undefined);
  t.equal(found(ios).tiles, 60);
  const [large, small] = [truth.slice(0, 2), truth.slice(2)];
  const hits = (some: typeof truth, run: CliRun) => scoreDetections(some, found(run).boxes).found;
  t.comment(`small shapes found: plain ${hits(small, plain)}, sliced ${hits(small, ios)} of ${small.length}`);
  t.equal(hits(small, plain), 0, 'a whole 4K picture shows the network none of them');
  t.ok(hits(small, ios) >= 22, `${hits(small, ios)} of 24 small ones`);
  t.equal(hits(large, ios), 2, 'and the large ones by the whole picture');
  t.equal(hits(large, tilesOnly), 0, 'which no tile holds');
  const wrong = (run: CliRun) => scoreDetections(truth, found(run).boxes).wrong;
  t.comment(`wrong: ios ${wrong(ios)}, nms ${wrong(nms)}`);
  t.ok(wrong(ios) < wrong(nms), 'parts that were joined are not left over');
});

t.test('a picture that would be cut too fine fails alone, with the way out', async (t) => {
  const { folder, env } = workspace(t);
  const blank = (width: number, name: string) =>
    sharp({ create: { width, height: 64, channels: 3, background: '#808080' } }).toFile(join(folder, name));
  await blank(4000, 'a.png');
  await blank(64, 'b.png');
  const args = ['--slice', '32', '--slice-overlap', '0.5', join(folder, 'a.png'), join(folder, 'b.png')];
  const run = await runCli(['detect', '--bundle', BUNDLE, '--json', ...args], { env });
  t.equal(run.status, 1);
  const [a, b] = run.stdout.split('\n').map((line) => (line === '' ? {} : JSON.parse(line)));
  t.match(a, { error: { code: 'SLICING_TOO_FINE', hint: /larger/ } });
  t.match(b, { tiles: 9 });
});

t.test('a camera of the daemon is sliced, and another is not, with one model', skip, async (t) => {
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const source = 'test:ball?width=128&height=64&fps=10';
  const slicing = { tile: 32, overlap: 0, whole: false };
  const config = (changed: object) => ({
    mqtt: { broker: broker.url },
    models: { things: { bundle: tinyBundle(join(t.testdir({}), 'bundle')), threads: 1 } },
    cameras: { plain: { source, model: 'things', ...changed }, sliced: { source, model: 'things', slicing } },
  });
  const daemon = runDaemon(t, { config: config({}) });
  const objects = async (camera: string, count: number): Promise<number> => {
    const fits = ({ topic, text }: { topic: string; text: string }) =>
      topic.endsWith(`/cameras/${camera}/detections`) && JSON.parse(text).objects.length === count;
    const from = watcher.messages.length;
    return (await watcher.collect((all) => all.slice(from).some(fits), 60_000)).length;
  };
  t.ok(await objects('plain', 1));
  t.ok(await objects('sliced', 8), 'one in each of 4×2 tiles');
  const before = daemon.workerPid;
  daemon.writeConfig(baseConfig(daemon.folder, config({ slicing: { ...slicing, tile: 64 } })));
  daemon.signal('SIGHUP');
  t.ok(await objects('plain', 2), 'a reload cuts the other one too');
  t.equal(daemon.workerPid, before, 'in the worker that runs, which has the model for it');
  daemon.writeConfig(baseConfig(daemon.folder, config({ slicing: { tile: 32, overlap: 0.9 } })));
  daemon.signal('SIGHUP');
  const refused = await watcher.collect(
    (all) => all.some(({ topic, text }) => topic.endsWith('/plain/status') && /SLICING_TOO_FINE/.test(text)),
    60_000,
  );
  t.ok(refused, 'tiles beyond reason close that camera with the reason');
  t.ok(await objects('sliced', 8), 'and no other');
  t.equal(daemon.workerPid, before);
});
