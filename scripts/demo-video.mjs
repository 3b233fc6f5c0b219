/**
 * Draws a video of moving shapes for the demo: scripts/demo-video.mjs FILE [SECONDS]. MJPEG in AVI, 640×480 at
 * 15 frames a second, always the same pictures.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Scene } from '../dist/scene/scene.js';

const [file, seconds = '12'] = process.argv.slice(2);
const SIZE = { width: 640, height: 480 };
const RATE = 15;

const caps = ['format=rgb', `width=${SIZE.width}`, `height=${SIZE.height}`, `framerate=${RATE}/1`];
const pipeline = ['fdsrc', '!', 'rawvideoparse', ...caps, '!', 'videoconvert', '!', 'jpegenc', 'quality=90'];
const gstreamer = spawn(
  'gst-launch-1.0',
  ['-q', ...pipeline, '!', 'avimux', '!', 'filesink', `location=${file}`],
  {
    stdio: ['pipe', 'inherit', 'inherit'],
  },
);
const ended = once(gstreamer, 'close');
gstreamer.stdin.on('error', () => {});

const scene = new Scene({ seed: 7, ...SIZE });
for (let frame = 0; frame < RATE * Number(seconds); frame += 1) {
  if (!gstreamer.stdin.write(scene.draw(frame / RATE).data))
    await Promise.race([once(gstreamer.stdin, 'drain'), ended]);
}
gstreamer.stdin.end();
const [status] = await ended;
if (status !== 0) process.exit(1);
