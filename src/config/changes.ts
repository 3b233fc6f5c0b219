/** What a new configuration changes, so that a reload restarts only what it touches. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { usedModels } from './plan.js';
import type { Config } from './schema.js';

export interface ConfigChanges {
  /** Broker, credentials, topics: the MQTT connection is made anew. */
  mqtt: boolean;
  /** What is kept for the broker, and in which forms results are told. */
  outbox: boolean;
  outputs: boolean;
  homeAssistant: boolean;
  /** The models in use, or how they run: the worker is replaced. */
  models: boolean;
  /** How the worker is watched; takes effect without a restart of it. */
  worker: boolean;
  /** By name. Cameras change inside a running worker. */
  cameras: { added: string[]; removed: string[]; changed: string[] };
  tracking: boolean;
  /** Where recordings are kept, and how many. */
  recordings: boolean;
  log: boolean;
  /** What is done about the daemon's own health, and who may ask for it. */
  health: boolean;
  http: boolean;
  /** How models are fetched, trusted and tried. */
  updates: boolean;
  /** What may be changed over MQTT. */
  remote: boolean;
  /** The device's name: every topic changes. */
  device: boolean;
  paths: boolean;
  /** Nothing differs at all. */
  unchanged: boolean;
}

/** Compares two configurations that are both in order. */
export function configChanges(before: Config, after: Config): ConfigChanges {
  const differs = (key: keyof Config) => !isDeepStrictEqual(before[key], after[key]);
  return {
    mqtt: differs('mqtt'),
    outbox: differs('outbox'),
    outputs: differs('outputs'),
    homeAssistant: differs('home_assistant'),
    models: !isDeepStrictEqual(byName(usedModels(before)), byName(usedModels(after))),
    worker: differs('worker'),
    cameras: cameraChanges(before.cameras, after.cameras),
    tracking: differs('tracking'),
    recordings: differs('recordings'),
    log: differs('log'),
    health: differs('health'),
    http: differs('http'),
    updates: differs('updates'),
    remote: differs('remote'),
    device: differs('device'),
    paths: differs('paths'),
    unchanged: isDeepStrictEqual(before, after),
  };
}

function cameraChanges(before: Config['cameras'], after: Config['cameras']): ConfigChanges['cameras'] {
  return {
    added: Object.keys(after).filter((name) => !Object.hasOwn(before, name)),
    removed: Object.keys(before).filter((name) => !Object.hasOwn(after, name)),
    changed: Object.keys(after).filter(
      (name) => Object.hasOwn(before, name) && !isDeepStrictEqual(before[name], after[name]),
    ),
  };
}

/** The order of models in the file means nothing. */
function byName<T extends { name: string }>(models: T[]): Record<string, T> {
  return Object.fromEntries(models.map((model) => [model.name, model]));
}
