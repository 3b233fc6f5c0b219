/** Small videos made by the real GStreamer: MJPEG in AVI, 64×48, with a ball that moves. */
import { execFileSync, spawnSync } from 'node:child_process';

/** Why videos cannot be made here; false when they can. */
export const noGstreamer: string | false =
  spawnSync('gst-launch-1.0', ['--version']).status === 0 ? false : 'gst-launch-1.0 is not installed';

export function testVideo(file: string, frames: number): string {
  const pipeline = [
    ...['videotestsrc', `num-buffers=${frames}`, 'pattern=ball', '!'],
    ...['video/x-raw,width=64,height=48,framerate=25/1', '!', 'jpegenc', '!', 'avimux', '!'],
    ...['filesink', `location=${file}`],
  ];
  execFileSync('gst-launch-1.0', ['-q', ...pipeline]);
  return file;
}
