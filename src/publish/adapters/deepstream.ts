/** Tells frames in the form of DeepStream, on one topic for all or one for each camera. */
import type { OutputsConfig } from '../../config/schema.js';
import type { FrameResult } from '../../core/frame-result.js';
import {
  type DeepstreamPlace,
  type DeepstreamSensor,
  deepstreamFull,
  deepstreamPlace,
  deepstreamSensor,
} from './deepstream-full.js';
import { deepstreamMinimal } from './deepstream-minimal.js';
import { type FrameForm, filledTopic, type PassFrame, PerCamera } from './frame-form.js';

interface Channel {
  topic: string;
  sensor: DeepstreamSensor;
  /** Analysed frames so far. */
  frames: number;
}

export class DeepstreamForm implements FrameForm {
  readonly #settings: OutputsConfig['deepstream'];
  readonly #place: DeepstreamPlace;
  readonly #channels: PerCamera<Channel>;
  readonly #pass: PassFrame;

  constructor(settings: OutputsConfig['deepstream'], device: string, pass: PassFrame) {
    this.#settings = settings;
    this.#pass = pass;
    this.#place = deepstreamPlace(settings.place, device);
    const { topic, sensors } = settings;
    this.#channels = new PerCamera((camera) => ({
      topic: filledTopic(topic, { device, camera }),
      sensor: deepstreamSensor(Object.hasOwn(sensors, camera) ? sensors[camera] : undefined, camera),
      frames: 0,
    }));
  }

  frame(result: FrameResult, capturedMs: number): void {
    const channel = this.#channels.get(result.camera);
    const { topic, sensor, frames } = channel;
    channel.frames += 1;
    if (frames % this.#settings.every !== 0) return;
    if (this.#settings.schema === 'minimal') {
      this.#pass(topic, JSON.stringify(deepstreamMinimal(result, { sensorId: sensor.id, capturedMs })));
      return;
    }
    for (const message of deepstreamFull(result, { place: this.#place, sensor, capturedMs }))
      this.#pass(topic, JSON.stringify(message));
  }

  forget(camera: string): void {
    this.#channels.forget(camera);
  }
}
