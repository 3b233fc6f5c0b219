/**
 * Entry of the process behind `detectd doctor`: loads the native bindings, or opens one camera until its
 * first frame. It answers one question and ends.
 */
import { systemClock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import { createLogger } from '../base/logger.js';
import { Camera } from '../capture/camera.js';
import { findElements } from '../capture/elements.js';
import { GstPipeline, requireGstreamer } from '../capture/gst-pipeline.js';
import type { Frame } from '../core/frame.js';
import type { CameraPlan } from '../core/worker-plan.js';
import { runtimeInfo } from '../inference/session.js';
import { ParentChannel } from '../ipc/channel.js';
import { type FromProbe, TO_PROBE_TYPES, type ToProbe } from '../ipc/probe-protocol.js';
import { endNow } from './end-process.js';

const channel = new ParentChannel<FromProbe, ToProbe>(TO_PROBE_TYPES);

function runtime(): FromProbe {
  return { type: 'runtime', gstreamer: gstreamerState(), onnxruntime: onnxruntimeState() };
}

function gstreamerState(): Extract<FromProbe, { type: 'runtime' }>['gstreamer'] {
  try {
    requireGstreamer();
    return {};
  } catch (error) {
    return { error: DetectdError.from(error, 'GSTREAMER_MISSING').toData() };
  }
}

function onnxruntimeState(): Extract<FromProbe, { type: 'runtime' }>['onnxruntime'] {
  try {
    return runtimeInfo();
  } catch (error) {
    return { error: DetectdError.from(error, 'MODEL_LOAD').toData() };
  }
}

async function firstFrame(plan: CameraPlan): Promise<FromProbe> {
  const started = systemClock.monotonicUs();
  const elements = await findElements();
  const format = elements.has('nvvidconv') ? 'RGBA' : 'RGB';
  let camera: Camera | undefined;
  try {
    const frame = await new Promise<Frame>((resolve, reject) => {
      camera = new Camera({
        plan,
        target: { kind: 'source-size', format },
        elements,
        clock: systemClock,
        log: createLogger({ level: 'silent', pretty: false, fd: 2 }),
        pipelineFactory: (description) => new GstPipeline(description),
        onFrame: resolve,
        onState: ({ state, error }) => {
          if (error !== undefined) reject(DetectdError.fromData(error));
          else if (state === 'ended')
            reject(new DetectdError('VIDEO_UNREADABLE', 'The file ended without a picture.'));
        },
        wantsFrame: () => Promise.resolve(),
      });
      camera.start();
    });
    const openMs = Math.round((systemClock.monotonicUs() - started) / 1000);
    return { type: 'camera', width: frame.sourceWidth, height: frame.sourceHeight, openMs };
  } finally {
    await camera?.stop();
  }
}

async function answer(message: ToProbe): Promise<void> {
  try {
    channel.send(message.type === 'runtime' ? runtime() : await firstFrame(message.plan));
  } catch (error) {
    channel.send({ type: 'fatal', error: DetectdError.from(error).toData() });
  }
  await channel.drained();
  endNow();
}

channel.start({ onMessage: (message) => void answer(message), onParentGone: endNow });
