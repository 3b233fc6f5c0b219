/** Made-up pictures for sessions that run for their time alone, one or many at once. */
import type { InferCfg } from '../bundle/infer-cfg.js';
import { BYTES_PER_PIXEL } from '../core/frame.js';
import type { GraphFacts, TensorSpec, TensorValue } from '../core/prepared-graph.js';
import { auxiliaryFeeds, pictureGeometry } from '../graph/picture-feeds.js';

type Feeds = Record<string, TensorValue>;

/** What a prepared graph takes for `batch` pictures of the network's size. */
export function preparedFeeds(graph: GraphFacts, cfg: InferCfg, batch: number): Feeds {
  const { networkWidth: width, networkHeight: height, format, imageInput } = graph;
  const channels = BYTES_PER_PIXEL[format];
  const data = new Uint8Array(width * height * channels);
  for (let index = 0; index < data.length; index += 1) data[index] = (index * 7919) % 256;
  const picture: TensorValue = { type: 'uint8', data, dims: [1, height, width, channels] };
  const feeds = { ...auxiliaryFeeds(graph, pictureGeometry(cfg, width, height)), [imageInput]: picture };
  if (batch === 1) return feeds;
  return Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, repeated(value, batch)]));
}

/** What the exported graph of the same model takes: the picture as normalised floats. */
export function exportedFeeds(inputs: readonly TensorSpec[], graph: GraphFacts, cfg: InferCfg): Feeds {
  const { networkWidth: width, networkHeight: height } = graph;
  const data = new Float32Array(3 * height * width);
  for (let index = 0; index < data.length; index += 1) data[index] = ((index * 7919) % 256) / 64 - 2;
  const auxiliary = auxiliaryFeeds(graph, pictureGeometry(cfg, width, height));
  const picture: TensorValue = { type: 'float32', data, dims: [1, 3, height, width] };
  return Object.fromEntries(inputs.map(({ name }) => [name, auxiliary[name] ?? picture]));
}

/** All of them alike: what a network computes takes as long for any picture. */
function repeated({ type, data, dims: [first = 1, ...rest] }: TensorValue, batch: number): TensorValue {
  const all = new (data.constructor as new (length: number) => Uint8Array)(data.length * batch);
  for (let place = 0; place < batch; place += 1) all.set(data as Uint8Array, place * data.length);
  return { type, data: all, dims: [first * batch, ...rest] };
}
