/** Which encoder writes which file. */
import t from 'tap';
import { encoderChains, WRITABLE_VIDEOS } from '../../dist/capture/video-encoders.js';

const VIDEO = { width: 1280, height: 720, frameRate: { numerator: 25, denominator: 1 } };
const has = (...names: string[]) => ({ has: (name: string) => names.includes(name) });
const everything = { has: () => true };

t.test('a board encodes in hardware, and has others to fall back on', async (t) => {
  const chains = encoderChains('.mp4', VIDEO, everything, 'tap');
  t.match(
    chains[0],
    /^nvvidconv ! video\/x-raw\(memory:NVMM\),format=NV12 ! nvv4l2h264enc bitrate=2764800 .* ! tap ! h264parse ! mp4mux$/,
  );
  t.match(chains.slice(1).join('\n'), /x264enc.*\n.*openh264enc.*\n.*avenc_mpeg4/);
});

t.test('elsewhere the first that exists does', async (t) => {
  const chain = (ending: string, ...names: string[]) => encoderChains(ending, VIDEO, has(...names), 'tap');
  t.match(chain('.mp4', 'x264enc', 'h264parse', 'mp4mux'), [
    /^video\/x-raw,format=I420 ! x264enc .*! mp4mux$/,
  ]);
  t.match(chain('.MKV', 'openh264enc', 'h264parse', 'matroskamux'), [/openh264enc bitrate=2764800/]);
  t.match(chain('.webm', 'vp8enc', 'webmmux'), [/^vp8enc .* ! tap ! video\/x-vp8 ! webmmux$/]);
  t.match(chain('.avi', 'jpegenc', 'avenc_mpeg4', 'avimux'), [
    /^jpegenc .* ! image\/jpeg ! avimux$/,
    /avenc_mpeg4/,
  ]);
  t.match(chain('.mp4', 'x264enc', 'avenc_mpeg4', 'mp4mux'), [/^avenc_mpeg4/], 'H.264 needs its parser');
});

t.test('every ending that can be written can be written', async (t) => {
  for (const ending of WRITABLE_VIDEOS)
    t.ok(encoderChains(ending, VIDEO, everything, 'tap').length > 0, ending);
});

t.test('where there is none, the error names what to install', async (t) => {
  t.throws(() => encoderChains('.mp4', VIDEO, has('mp4mux', 'vp8enc'), 'tap'), {
    code: 'GSTREAMER_MISSING',
    message: 'GStreamer has no video encoder for .mp4 files.',
    hint: /apt-get install .*gstreamer1\.0-plugins-ugly.*--frames/,
  });
  t.throws(() => encoderChains('.mkv', VIDEO, has('x264enc', 'h264parse'), 'tap'), {
    code: 'GSTREAMER_MISSING',
    message: 'GStreamer lacks matroskamux, which writes .mkv files.',
  });
});

t.test('unknown endings are refused with those that are known', async (t) => {
  for (const ending of ['.txt', '', '.mpg'])
    t.throws(() => encoderChains(ending, VIDEO, everything, 'tap'), {
      code: 'USAGE',
      hint: /\.mp4 .*\.webm/,
    });
});

t.test('the rate of bits follows the picture, within what encoders take', async (t) => {
  const bits = (width: number, height: number, numerator: number) => {
    const [chain] = encoderChains(
      '.webm',
      { width, height, frameRate: { numerator, denominator: 1 } },
      everything,
      'tap',
    );
    return Number(/target-bitrate=(\d+)/.exec(chain)?.[1]);
  };
  t.equal(bits(1920, 1080, 30), 7_464_960);
  t.equal(bits(64, 48, 1), 500_000);
  t.equal(bits(16_000, 9000, 1000), 80_000_000);
});
