/** The message of `cameras/<camera>/status`. */
import { z } from 'zod';
import { SHOWN_STATES } from '../../core/camera-state.js';
import { amount, camera, count, head, text, time, ts } from './schema-fields.js';

export const cameraStatusSchema = z.object({
  ...head,
  camera,
  state: z
    .enum(SHOWN_STATES)
    .describe(
      'State of the camera. Pictures come when it is `online`, `frozen` (always the same one) or `black` (or covered); `stalled`: they have ceased, and it is being opened anew; `ended`: a file that was played to its end.',
    ),
  since: time('When it came into this state, to the second.').exactOptional(),
  reason: text('Why it is in this state; absent when there is nothing to say.').exactOptional(),
  code: text('Stable code behind the reason, listed in the README.').exactOptional(),
  reconnects: count('How often it had to be opened again since the daemon started.'),
  last_frame_age_ms: count('Age of its newest frame, in milliseconds.').exactOptional(),
  fps: amount('Analysed frames per second.').exactOptional(),
  captured_fps: amount('Pictures per second that are taken from it, analysed or not.').exactOptional(),
  width: count('Of its newest picture as the source delivers it, in pixels.').exactOptional(),
  height: count('Of its newest picture as the source delivers it, in pixels.').exactOptional(),
  codec: text('How its pictures are encoded: h264, h265, mjpeg, vp8, vp9, raw …').exactOptional(),
  decoder: text('Name of the GStreamer element that decodes them.').exactOptional(),
  note: text('What is not as it could be, e.g. why no hardware decodes.').exactOptional(),
  ts,
});

export type CameraStatusPayload = z.infer<typeof cameraStatusSchema>;
export type CameraStatus = CameraStatusPayload['state'];
