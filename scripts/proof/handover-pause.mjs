/**
 * How long detections pause when a reload names a model without engine, as a subscriber sees it: `handover-pause.mjs
 * [FPS]`. Every message counts from then on, while the model takes over, while its engine is built beside it, and until a
 * worker that runs by that engine has taken over in turn.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dump } from 'js-yaml';
import { inFolder, subscribe, withDaemon, withMosquitto } from './programs.mjs';

const BUNDLE = 'config/bundles/shapes';
/** Messages before the reload, whose cadence is that of an undisturbed daemon; and after the last change. */
const BEFORE = 50;
const AFTER = 20;
const DEADLINE_MS = 90_000;

/** Milliseconds between messages, at the longest: undisturbed and while the model changes, by capture and by arrival. */
export function handoverPause({ fps }) {
  return inFolder((folder) =>
    withMosquitto(folder, async (url) => {
      const messages = [];
      let wake = () => {};
      const client = await subscribe(url, (topic, text, at) => {
        if (!topic.endsWith('/detections')) return;
        const { ts, seq, model } = JSON.parse(text);
        messages.push({ captured: Date.parse(ts), at, seq, digest: model.digest });
        wake();
      });
      const config = (name) => ({
        mqtt: { broker: url },
        models: { shapes: { bundle: bundleCopy(folder, name), threads: 1 } },
        cameras: { gate: { source: `test:ball?fps=${fps}`, model: 'shapes' } },
      });
      const until = (enough) => {
        const late = Date.now() + DEADLINE_MS;
        return new Promise((resolve, reject) => {
          wake = () => enough() && resolve();
          const timer = setInterval(() => {
            if (Date.now() < late) return;
            clearInterval(timer);
            reject(new Error('the new model did not take over in time'));
          }, 1000);
          timer.unref();
          wake();
        });
      };
      try {
        return await withDaemon(folder, config('first'), [], async ({ child, lines }) => {
          const changes = () => lines.filter(({ msg }) => msg === 'worker took over').length;
          // The engine of the first model has been built and is used; what that costs is not part of it.
          await until(() => changes() >= 1);
          messages.length = 0;
          await until(() => messages.length >= fps);
          const first = messages.splice(0).at(-1).digest;
          await until(() => messages.length >= BEFORE);
          const reload = messages.length;
          const paths = { state: join(folder, 'state'), cache: join(folder, 'cache') };
          const next = { device: { id: 'proof' }, log: { format: 'json' }, paths, ...config('second') };
          writeFileSync(join(folder, 'detectd.yaml'), dump(next));
          child.kill('SIGHUP');
          // Its model takes over, and a worker that runs by its engine takes over from that.
          await until(() => changes() >= 3);
          const end = messages.length + AFTER;
          await until(() => messages.length >= end);
          const change = messages.findIndex(({ digest }) => digest !== first);
          const models = messages.filter(({ digest }, i) => digest !== messages[i - 1]?.digest).length;
          const gapless = messages.every(({ seq }, i) => i === 0 || seq === messages[i - 1].seq + 1);
          const undisturbed = longest(messages.slice(0, reload));
          const changing = longest(messages.slice(reload - 1));
          return {
            besideTheOld: !lines.some(({ msg }) => msg.startsWith('too little memory')),
            intervalMs: 1000 / fps,
            load: loadavg()[0],
            undisturbed,
            changing,
            /** Between the last of the old model and the first of the new one. */
            passage: longest(messages.slice(change - 1, change + 1)),
            /** By how much the change made the longest pause longer. */
            moreMs: Math.max(
              0,
              changing.captureMs - undisturbed.captureMs,
              changing.arrivalMs - undisturbed.arrivalMs,
            ),
            inOrder: models === 2 && gapless,
          };
        });
      } finally {
        client.end(true);
      }
    }),
  );
}

function longest(messages) {
  const gaps = (key) => messages.slice(1).map((message, index) => message[key] - messages[index][key]);
  return { captureMs: Math.max(...gaps('captured')), arrivalMs: Math.round(Math.max(...gaps('at'))) };
}

/** The same model in another bundle: its digest differs by a comment. */
function bundleCopy(folder, name) {
  const copy = join(folder, name);
  mkdirSync(copy, { recursive: true });
  for (const file of ['model.onnx', 'infer_cfg.yml']) copyFileSync(join(BUNDLE, file), join(copy, file));
  writeFileSync(join(copy, 'infer_cfg.yml'), `\n# ${name}\n`, { flag: 'a' });
  return copy;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.stdout.write(`${JSON.stringify(await handoverPause({ fps: Number(process.argv[2] ?? 10) }))}\n`);
