/**
 * Entry of the process in which things are tried: loads the native bindings, loads a model, or opens one
 * camera until its first frame. It answers one question and ends.
 */
import { systemClock } from '../base/clock.js';
import { DetectdError, type ErrorData, messageOf } from '../base/errors.js';
import { Camera } from '../capture/camera.js';
import { findElements } from '../capture/elements.js';
import { requireGstreamer } from '../capture/gst-pipeline.js';
import type { PipelineChoice } from '../capture/pipeline-chooser.js';
import type { Frame } from '../core/frame.js';
import { type SdNotifyAddon, systemLoader } from '../health/sd-notify.js';
import { runtimeInfo } from '../inference/session.js';
import { ParentChannel } from '../ipc/channel.js';
import { type FromProbe, TO_PROBE_TYPES, type ToProbe } from '../ipc/probe-protocol.js';
import { endNow } from './end-process.js';
import { LoadedModel } from './loaded-model.js';
import { tryProvider } from './provider-trial.js';
import { cameraChooser, pipelineFactory } from './source-pipeline.js';

const channel = new ParentChannel<FromProbe, ToProbe>(TO_PROBE_TYPES);

async function runtime(): Promise<FromProbe> {
  return {
    type: 'runtime',
    gstreamer: gstreamerState(),
    onnxruntime: onnxruntimeState(),
    pictures: await pictureState(),
    systemd: { addon: await systemLoader.addon().then(isUsable, () => false) },
  };
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

/** Writes a picture of one pixel and reads it back. */
async function pictureState(): Promise<{ error?: ErrorData }> {
  try {
    // Loaded here, so that a machine without its binding hears of that and not of a crash.
    const { annotatePicture } = await import('../picture/annotate.js');
    const { decodePicture } = await import('../picture/decode-picture.js');
    await decodePicture(await annotatePicture({ width: 1, height: 1, data: new Uint8Array(3) }, []));
    return {};
  } catch (error) {
    const message = `sharp cannot be used: ${messageOf(error).split('\n', 1)[0]}.`;
    const hint = 'Run scripts/setup again on this machine; sharp ships one binary per platform.';
    return { error: { code: 'IMAGE_UNREADABLE', message, hint } };
  }
}

function isUsable(addon: SdNotifyAddon): boolean {
  return typeof addon?.sendState === 'function';
}

async function firstFrame({ plan }: Extract<ToProbe, { type: 'camera' }>): Promise<FromProbe> {
  const started = systemClock.monotonicUs();
  const elements = await findElements();
  const format = elements.has('nvvidconv') ? 'RGBA' : 'RGB';
  let camera: Camera | undefined;
  let played = '';
  try {
    const frame = await new Promise<Frame>((resolve, reject) => {
      camera = new Camera({
        plan,
        target: { kind: 'source-size', format },
        elements,
        clock: systemClock,
        pipelineFactory: pipelineFactory(plan.source, systemClock),
        chooser: (input, elements) => {
          const chooser = cameraChooser(systemClock)(input, elements);
          const choose = async (signal: AbortSignal): Promise<PipelineChoice> => {
            const choice = await chooser.choose(signal);
            played = choice.described;
            return choice;
          };
          return { choose, worked: () => chooser.worked(), failed: (...said) => chooser.failed(...said) };
        },
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
    const { sourceWidth: width, sourceHeight: height, region } = frame;
    return {
      type: 'camera',
      width,
      height,
      openMs,
      pipeline: played,
      ...(region === undefined ? {} : { region }),
    };
  } finally {
    await camera?.stop();
  }
}

async function model({ plan, scratchFolder }: Extract<ToProbe, { type: 'model' }>): Promise<FromProbe> {
  const { report } = await LoadedModel.load(plan, { format: 'RGB', scratchFolder });
  return { type: 'model', report };
}

async function provider({ provider }: Extract<ToProbe, { type: 'provider' }>): Promise<FromProbe> {
  return { type: 'provider', ms: await tryProvider(provider) };
}

const ANSWERS = { runtime, model, camera: firstFrame, provider } satisfies Record<ToProbe['type'], unknown>;

async function answer(message: ToProbe): Promise<void> {
  try {
    channel.send(await ANSWERS[message.type](message as never));
  } catch (error) {
    channel.send({ type: 'fatal', error: DetectdError.from(error).toData() });
  }
  await channel.drained();
  endNow();
}

channel.start({ onMessage: (message) => void answer(message), onParentGone: endNow });
