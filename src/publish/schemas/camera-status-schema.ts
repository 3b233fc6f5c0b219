/** The message of `cameras/<camera>/status`. */
import { z } from 'zod';
import { amount, camera, count, head, text, ts } from './schema-fields.js';

export const cameraStatusSchema = z.object({
  ...head,
  camera,
  state: z
    .enum(['connecting', 'online', 'offline', 'ended', 'disabled'])
    .describe('State of the camera; `ended`: a file that was played to its end.'),
  reason: text('Why it is in this state; absent when there is nothing to say.').exactOptional(),
  code: text('Stable code behind the reason, listed in the README.').exactOptional(),
  reconnects: count('How often it had to be opened again since the daemon started.'),
  last_frame_age_ms: count('Age of its newest frame, in milliseconds.').exactOptional(),
  fps: amount('Analysed frames per second.').exactOptional(),
  ts,
});

export type CameraStatusPayload = z.infer<typeof cameraStatusSchema>;
export type CameraStatus = CameraStatusPayload['state'];
