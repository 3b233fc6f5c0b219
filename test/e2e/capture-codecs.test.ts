/** Every codec that this machine can make, from a real RTSP server, through the elements that are named for it. */
import t from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { AskingChooser } from '../../dist/capture/asking-chooser.js';
import type { PipelineChoice } from '../../dist/capture/pipeline-chooser.js';
import { askRtsp } from '../../dist/capture/rtsp-question.js';
import { noCapture, rig } from '../helpers/capture-rig.js';
import { freePort } from '../helpers/mosquitto.js';
import { noRtspServer, rtspServer } from '../helpers/network-camera.js';

const skip = noCapture || noRtspServer;

t.test('what the camera says it sends is decoded by the elements for it', { skip }, async (t) => {
  const port = await freePort();
  const { codecs } = await rtspServer(t, port);
  t.ok(codecs.includes('h264'));
  for (const codec of codecs) {
    const choices: PipelineChoice[] = [];
    class Listening extends AskingChooser {
      override async choose(signal: AbortSignal) {
        const choice = await super.choose(signal);
        choices.push(choice);
        return choice;
      }
    }
    const source = {
      kind: 'rtsp',
      url: `rtsp://127.0.0.1:${port}/${codec}`,
      transport: 'tcp',
      latencyMs: 100,
    } as const;
    const options = { clock: systemClock };
    const it = await rig(
      source,
      { stallTimeoutMs: 15_000 },
      { chooser: (input, elements) => new Listening(input, elements, options) },
    );
    it.camera.start();
    await it.got(5);
    await it.camera.stop();
    t.match(it.frames[4], { sourceWidth: 640, sourceHeight: 480 }, codec);
    t.match(it.reports.at(-1), { state: 'online' }, codec);
    if (codec === 'raw') t.match(choices.at(-1), { text: /decodebin/, note: /raw/ });
    else {
      t.match(choices.at(-1), { codec, decoder: /dec/ });
      t.notMatch(choices.at(-1)?.text, /decodebin/, codec);
    }
  }
});

t.test('the questions are understood by a real server', { skip }, async (t) => {
  const port = await freePort();
  await rtspServer(t, port);
  const options = { clock: systemClock, signal: new AbortController().signal };
  const ask = (path: string) => askRtsp(`rtsp://127.0.0.1:${port}${path}`, options);
  t.same(await ask('/video'), { encoding: 'H264' });
  t.same(await ask('/both'), { encoding: 'H264' }, 'behind a track of sound');
  await t.rejects(ask('/nothing'), { code: 'CAMERA_OPEN', message: /no such stream/ });
});
