import t from 'tap';
import {
  capsOf,
  chainFromRtp,
  chainFromStream,
  codecOf,
  encodingOf,
} from '../../dist/capture/decoder-choice.js';

const board = { has: () => true };
const cpu = { has: (name: string) => !name.startsWith('nv') };
const without = (...names: string[]) => ({ has: (name: string) => cpu.has(name) && !names.includes(name) });

t.test('on a board hardware decodes what it can, elsewhere the processor', (t) => {
  const cases = [
    ['h264', 'nvv4l2decoder', 'rtph264depay ! h264parse ! avdec_h264'],
    ['h265', 'nvv4l2decoder', 'rtph265depay ! h265parse ! avdec_h265'],
    ['mjpeg', 'jpegdec', 'rtpjpegdepay ! jpegdec'],
    ['vp8', 'nvv4l2decoder', 'rtpvp8depay ! vp8dec'],
    ['vp9', 'nvv4l2decoder', 'rtpvp9depay ! vp9parse ! vp9dec'],
  ] as const;
  for (const [codec, best, plain] of cases) {
    t.equal(chainFromRtp(codec, board, false)?.decoder, best, codec);
    t.equal(chainFromRtp(codec, cpu, false)?.text, plain, codec);
    t.equal(codecOf(encodingOf(codec)), codec);
    t.match(capsOf(codec), /^(video|image)\//);
  }
  t.equal(codecOf('MP2T'), undefined);
  t.end();
});

t.test('after faults of the hardware the processor decodes, and says instead of what', (t) => {
  t.match(chainFromRtp('h264', board, true), { decoder: 'avdec_h264', instead: 'nvv4l2decoder' });
  t.same(chainFromRtp('h264', cpu, true), chainFromRtp('h264', cpu, false));
  t.equal(chainFromRtp('mjpeg', board, true)?.instead, undefined, 'it did so anyway');
  const hardwareOnly = { has: (name: string) => !name.startsWith('avdec') && name !== 'openh264dec' };
  t.match(chainFromRtp('h264', hardwareOnly, true), { decoder: 'nvv4l2decoder', instead: undefined });
  t.end();
});

t.test('a machine without one element takes the next, or has no chain', (t) => {
  t.equal(chainFromRtp('h264', without('avdec_h264'), false)?.decoder, 'openh264dec');
  t.equal(chainFromRtp('vp9', without('vp9parse'), false)?.text, 'rtpvp9depay ! vp9dec');
  for (const name of ['rtph264depay', 'h264parse'])
    t.equal(chainFromRtp('h264', without(name), false), undefined, name);
  t.equal(chainFromRtp('h264', without('avdec_h264', 'openh264dec'), false), undefined);
  t.equal(chainFromStream('mjpeg', without('jpegdec'), false)?.decoder, 'avdec_mjpeg');
  t.end();
});
