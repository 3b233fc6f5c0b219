/**
 * Entry of a drawing thread, one per camera on `test:shapes`: a picture takes some ten milliseconds of
 * JavaScript, for which neither GStreamer nor IPC on the worker's main thread should wait.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { DetectdError } from '../base/errors.js';
import { padRows } from '../capture/pack-rows.js';
import { Scene } from '../scene/scene.js';
import type { DrawingOptions, FromDrawing, ToDrawing } from './drawing-protocol.js';

const options = workerData as DrawingOptions;
let scene: Scene | undefined;

function draw({ timeSeconds }: ToDrawing): void {
  try {
    scene ??= new Scene(options);
    const { width, height, data: packed, truth: objects, unsure } = scene.draw(timeSeconds);
    const data = padRows(packed, width, height, 'RGB');
    const drawn: FromDrawing = { type: 'drawn', data, truth: { objects, unsure } };
    parentPort?.postMessage(drawn, [data.buffer]);
  } catch (error) {
    const failed: FromDrawing = { type: 'failed', error: DetectdError.from(error).toData() };
    parentPort?.postMessage(failed);
  }
}

parentPort?.on('message', draw);
