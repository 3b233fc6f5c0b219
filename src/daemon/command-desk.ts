/** Carries out what commands ask for, with what the daemon lends it. What may be asked at all is decided before. */
import { hostname } from 'node:os';
import type { Clock, Timer } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { deviceId, resolveFolders } from '../config/folders.js';
import type { LoadedConfig } from '../config/load.js';
import type { Command } from '../core/command.js';
import type { DeviceEvent } from '../core/device-event.js';
import type { ModelState } from '../core/model-state.js';
import type { EngineCache } from '../engines/engine-cache.js';
import { filledTopic } from '../publish/adapters/frame-form.js';
import type { Announcer } from '../publish/announcer.js';
import { CommandGate } from '../publish/commands/command-gate.js';
import { decodePayload } from '../publish/payload-codec.js';
import type { DaemonState } from '../publish/payloads.js';
import { Topics } from '../publish/topics.js';

export interface CommandDeskOptions {
  env: NodeJS.ProcessEnv;
  clock: Clock;
  log: Logger;
  version: string;
  bootId: string;
  announcer: Pick<Announcer, 'listen' | 'answer' | 'models' | 'state'>;
  tell: (event: DeviceEvent) => void;
  /** In force. */
  loaded: () => LoadedConfig;
  /** Reads the configuration again; resolves to why it was refused. */
  reload: () => Promise<DetectdError | undefined>;
  /** Has a fresh worker take over; resolves to its process when it serves. */
  renew: (reason: string) => Promise<number | undefined>;
  switchCamera: (camera: string, enabled: boolean) => Promise<Record<string, unknown>>;
  /** Publishes a picture of the camera; resolves to what it is. */
  snapshot: (camera: string, quality: number) => Promise<Record<string, unknown>>;
  /** Resolves to the files when they are there. */
  record: (camera: string) => Promise<Record<string, unknown>>;
}

/** Whoever asked is answered after this, whether or not it is done. */
const PATIENCE_MS = 60_000;
const MOST_ENGINES = 50;

export class CommandDesk {
  readonly #options: CommandDeskOptions;
  readonly #gate: CommandGate;
  readonly #startedUs: number;
  readonly #begun: Promise<void>;
  #begin: () => void = () => {};

  constructor(options: CommandDeskOptions) {
    this.#options = options;
    const { clock, log, bootId, announcer, tell } = options;
    this.#startedUs = clock.monotonicUs();
    this.#begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
    this.#gate = new CommandGate({
      ...{ clock, log, bootId, tell, decode: decodePayload },
      listen: (filter, hear) => announcer.listen(filter, hear),
      answer: (...answer) => announcer.answer(...answer),
      act: (command) => this.#act(command),
      secrets: () => options.loaded().secrets,
    });
  }

  /** There is something to act on; until then commands are heard, but what changes something waits. */
  begin(): void {
    this.#begin();
  }

  configure({ config }: Pick<LoadedConfig, 'config'>): void {
    const { mqtt, remote, home_assistant: homeAssistant, outputs, cameras } = config;
    const device = deviceId(config, hostname());
    const { root, base } = new Topics(mqtt.base, device);
    const { frigate, deepstream, dlstreamer } = outputs;
    const ofCameras = Object.keys(cameras).flatMap((camera) =>
      [deepstream.topic, dlstreamer.topic].map((topic) => filledTopic(topic, { device, camera })),
    );
    const taken = [homeAssistant.prefix, filledTopic(frigate.topic, { device }), ...new Set(ofCameras)];
    if (remote.fleet_topic !== undefined) taken.push(remote.fleet_topic);
    this.#gate.configure({
      ...{ device, root, base, taken },
      allowed: remote.commands,
      perMinute: remote.commands_per_minute,
    });
  }

  close(): void {
    this.#gate.close();
  }

  async #act(command: Command): Promise<Record<string, unknown>> {
    const { reload, renew, switchCamera, snapshot, record } = this.#options;
    if (command.name === 'ping') return this.#ping();
    if (command.name === 'engines') return this.#engines();
    await this.#begun;
    switch (command.name) {
      case 'reload':
        return this.#inTime(
          reload().then((error) => {
            if (error !== undefined) throw error;
            return {};
          }),
        );
      case 'recycle':
        return this.#inTime(
          renew('a command asked for it').then((pid) => (pid === undefined ? {} : { worker: pid })),
        );
      case 'camera':
        return this.#inTime(switchCamera(command.camera, command.enabled));
      case 'snapshot':
        return snapshot(command.camera, command.quality);
      case 'record':
        return this.#inTime(record(command.camera));
    }
  }

  #ping(): Record<string, unknown> {
    const { clock, version, announcer } = this.#options;
    const { state, reason }: { state: DaemonState; reason: string } = announcer.state;
    return {
      version,
      uptime_s: Math.floor((clock.monotonicUs() - this.#startedUs) / 1e6),
      state,
      ...(reason === '' ? {} : { reason }),
    };
  }

  async #engines(): Promise<Record<string, unknown>> {
    const { loaded, env, announcer, clock } = this.#options;
    const { config } = loaded();
    // Needed now and then: loaded when it is.
    const { EngineCache } = await import('../engines/engine-cache.js');
    const maxBytes = config.engines.max_size_mb * 1e6;
    const folder = resolveFolders(config, { env }).cache;
    const listing = await new EngineCache({ folder, maxBytes, clock }).list();
    return {
      models: Object.fromEntries([...announcer.models].map(([name, state]) => [name, modelFacts(state)])),
      cache: {
        bytes: listing.bytes,
        max_bytes: maxBytes,
        engines: listing.engines.length,
        set_aside: listing.bad.length,
        building: listing.busy,
      },
      engines: listing.engines.slice(0, MOST_ENGINES).map(engineFacts),
    };
  }

  /** `done` is false of what goes on after the answer. */
  #inTime(work: Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const { clock } = this.#options;
    let timer: Timer | undefined;
    const late = new Promise<Record<string, unknown>>((resolve) => {
      timer = clock.after(PATIENCE_MS, () => resolve({ done: false }), { background: true });
    });
    const done = work.then((result) => ({ done: true, ...result }));
    return Promise.race([done, late]).finally(() => timer?.cancel());
  }
}

function modelFacts({ phase, active, building, error }: ModelState): Record<string, unknown> {
  return {
    phase,
    ...(active === undefined ? {} : { active }),
    ...(building === undefined
      ? {}
      : {
          building: {
            provider: building.provider,
            precision: building.precision,
            elapsed_ms: building.elapsedMs,
          },
        }),
    ...(error === undefined ? {} : { error }),
  };
}

type Listed = Awaited<ReturnType<EngineCache['list']>>['engines'][number];

function engineFacts({ key, bytes, inUse, manifest, problem }: Listed): Record<string, unknown> {
  const part = (name: string): unknown => manifest?.parts.find((each) => each.name === name)?.value ?? null;
  return {
    key,
    model: manifest?.model ?? null,
    provider: part('provider'),
    precision: part('precision'),
    bytes,
    in_use: inUse,
    ...(problem === undefined ? {} : { problem }),
  };
}
