/** The error for a source that cannot be understood, with every form that can. */
import { DetectdError } from '../base/errors.js';

const FORMS =
  'file:PATH, v4l2:DEVICE, rtsp://…, csi:ID, http://… or https://… (MJPEG), test:shapes, test:PATTERN, gst:PIPELINE';

/** @param what what is wrong, as it follows "The source" */
export function refused(what: string): DetectdError {
  return new DetectdError('CONFIG_INVALID', `The source ${what}.`, `Known forms: ${FORMS}.`);
}
