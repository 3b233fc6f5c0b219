/** Which pipeline a camera gets: GStreamer's own, or that with a drawing thread before it, and who chooses its elements. */
import type { Clock } from '../base/clock.js';
import { AskingChooser } from '../capture/asking-chooser.js';
import type { CameraOptions } from '../capture/camera.js';
import type { CapturePipeline } from '../capture/capture-pipeline.js';
import { GstPipeline } from '../capture/gst-pipeline.js';
import type { Source } from '../core/source.js';
import { DrawingHost } from './drawing-host.js';
import { DrawnPipeline } from './drawn-pipeline.js';

/** The factory to lend to a camera on this source. */
export function pipelineFactory(source: Source, clock: Clock): (description: string) => CapturePipeline {
  if (source.kind !== 'shapes') return (description) => new GstPipeline(description, { sparing: clock });
  return (description) =>
    new DrawnPipeline({
      inner: new GstPipeline(description, { sparing: clock }),
      drawing: () => new DrawingHost(source),
      fps: source.fps,
      clock,
    });
}

/** To lend to a camera: it asks what is there before each attempt. */
export function cameraChooser(clock: Clock): NonNullable<CameraOptions['chooser']> {
  return (input, elements) => new AskingChooser(input, elements, { clock });
}
