/**
 * Puts a daemon together: every part beside the worker, each lent what it needs of the others. What they do when, and in
 * which order they start and end, is the daemon's own.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DetectdError } from '../base/errors.js';
import { RepeatedFault } from '../base/repeated-fault.js';
import { deviceId, resolveFolders } from '../config/folders.js';
import type { LoadedConfig } from '../config/load.js';
import type { DeviceInfo } from '../core/device-info.js';
import { childEnvironment, type SystemdNotifier } from '../health/sd-notify.js';
import type { ProviderTrust } from '../inference/provider-trust.js';
import type { WorkerUsage } from '../ipc/protocol.js';
import { Announcer, type AnnouncerOptions } from '../publish/announcer.js';
import type { ModelCare } from '../supervisor/model-care.js';
import { RunPlans } from '../supervisor/run-plans.js';
import type { WorkerSupervisor } from '../supervisor/worker-supervisor.js';
import { CameraDesk } from './camera-desk.js';
import { CommandDesk } from './command-desk.js';
import { ConfigWatch } from './config-watch.js';
import { DesiredDesk } from './desired-desk.js';
import { EventTeller } from './event-teller.js';
import { HealthWatch } from './health-watch.js';
import { HomeAssistantDesk } from './home-assistant-desk.js';
import { InfoDesk } from './info-desk.js';
import type { LoadSampler } from './machine-look.js';
import { modelDesk } from './model-desk.js';
import { ModelUpdates } from './model-updates.js';
import { NameMemory } from './name-memory.js';
import { RecordingDesk } from './recording-desk.js';
import { SnapshotDesk } from './snapshot-desk.js';
import { StateTeller } from './state-teller.js';
import { SwitchDesk } from './switch-desk.js';
import { TrackDesk } from './track-desk.js';

export interface DaemonOptions extends Omit<AnnouncerOptions, 'bootId'> {
  loaded: LoadedConfig;
  env: NodeJS.ProcessEnv;
  /** How logs look, decided once: one stream cannot change its form midway. */
  pretty: boolean;
  notifier: SystemdNotifier;
  /** End, with exit status, when every source is a file and all have ended. */
  exitAtEnd: boolean;
  /** Account CPU time by part, for benchmarks. */
  measureCpu: boolean;
  /** Works out what the machine is; asked once. */
  identify?: (() => Promise<DeviceInfo>) | undefined;
  /** What looks at the machine, which is that one as far as it is known; without it nobody does. */
  sampler?: LoadSampler | undefined;
}

/** What the parts ask of the daemon that they belong to. */
export interface DaemonActs {
  loaded: () => LoadedConfig;
  worker: () => WorkerSupervisor | undefined;
  usage: () => WorkerUsage | undefined;
  /** With `standbyMs` resolves only when a worker by the plan serves; the one before stays loaded so long. */
  replan: (standbyMs?: number) => Promise<void>;
  /** Resolves to why it was refused. */
  reload: () => Promise<DetectdError | undefined>;
  onCameras: () => void;
  onVerdict: () => void;
  end: (error?: DetectdError) => void;
}

export interface DaemonParts {
  faults: RepeatedFault;
  announcer: Announcer;
  cameras: CameraDesk;
  tracks: TrackDesk;
  recordings: RecordingDesk;
  events: EventTeller;
  desired: DesiredDesk;
  trust: ProviderTrust;
  care: ModelCare;
  plans: RunPlans;
  info: InfoDesk;
  homeAssistant: HomeAssistantDesk;
  names: NameMemory;
  teller: StateTeller;
  health: HealthWatch;
  updates: ModelUpdates;
  watch: ConfigWatch;
  switches: SwitchDesk;
  commands: CommandDesk;
}

export function daemonParts(options: DaemonOptions, acts: DaemonActs): DaemonParts {
  const { version, clock, env, pretty, measureCpu, notifier, sampler } = options;
  const log = options.log.child({ component: 'daemon' });
  const { loaded, worker, usage, replan } = acts;
  const faults = new RepeatedFault({
    clock,
    report: (fault, detail, count) => log.warn({ ...(detail as object), count }, fault),
  });
  const bootId = randomBytes(4).toString('hex');
  const childEnv = childEnvironment(env);
  const common = { env, clock, log: options.log };
  const { state, cache } = resolveFolders(options.loaded.config, { env });
  const announcer = new Announcer({
    ...{ bootId, version, clock, log: options.log },
    outbox: { folder: join(state, 'outbox'), settings: options.loaded.config.outbox },
    onStored: (event) => events.stored(event),
  });
  const events: EventTeller = new EventTeller({ ...common, announce: (event) => announcer.event(event) });
  const recordings = new RecordingDesk({
    ...{ ...common, bootId, device: () => deviceId(loaded().config, hostname()) },
    announce: (event) => announcer.event(event),
  });
  const cameras = new CameraDesk({
    ...{ clock, log, announcer },
    events: {
      camera: (...state) => {
        events.camera(...state);
        recordings.camera(...state);
      },
      forget: (camera) => events.forget(camera),
    },
    secrets: () => loaded().secrets,
    onChanged: acts.onCameras,
  });
  const switches = new SwitchDesk({ ...common, loaded, reload: acts.reload });
  const changed = () => void acts.reload();
  const desired = new DesiredDesk({ ...common, hostname: hostname(), announcer, changed, switches });
  const tracks = new TrackDesk({
    ...{ clock, bootId },
    tell: (event) => {
      announcer.track(event);
      recordings.track(event);
    },
  });
  const { trust, care, keeper } = modelDesk({
    ...common,
    env: childEnv,
    cacheFolder: cache,
    renew: async (reason) => worker()?.renew(reason),
    onVerdict: acts.onVerdict,
    onBuilt: (...engine) => events.engine(...engine),
    publish: (state) => announcer.model(state),
    forget: (model) => announcer.forgetModel(model),
    updates: () => updates.desk.views(),
    kept: () => updates.desk.keptDigests(),
  });
  const plans: RunPlans = new RunPlans({
    ...{ env, pretty, measureCpu },
    providers: ({ provider }) => trust.choose(provider).providers,
    bundleOf: (name, model) => updates.desk.bundleOf(name, model),
  });
  const names = new NameMemory({ env, hostname: hostname(), log, announcer });
  const homeAssistant = new HomeAssistantDesk({ ...common, hostname: hostname(), version, announcer });
  const info = new InfoDesk({
    log,
    announce: (facts) => {
      announcer.info(facts);
      homeAssistant.info(facts);
    },
    stepsDown: () => care.stepsDown(),
    cameras: () => Object.keys(loaded().config.cameras),
    device: () => plans.device,
  });
  const teller = new StateTeller({
    ...{ log, notifier, events },
    announce: (state, reason) => announcer.status(state, reason),
  });
  const health = new HealthWatch({
    ...{ ...common, notifier, sampler, events, version, bootId, plans, announcer, care },
    ...{ loaded, worker, usage, board: cameras.board },
    replan: () => replan(),
    end: () => acts.end(),
  });
  const updates: ModelUpdates = new ModelUpdates({
    ...{ ...common, childEnv, keeper, loaded },
    planWith: (model, path) => plans.worker(loaded(), { model, path }),
    listen: (topic, hear) => announcer.listen(topic, hear),
    serve: (standbyMs) => replan(standbyMs),
    endStandby: (why) => void worker()?.endStandby(why),
    beside: (shadow) => {
      plans.shadow = shadow;
      return replan(0);
    },
    publishShadow: (facts) => announcer.shadow(facts),
    leak: () => health.workerLeak(),
    changed: () => care.publish(),
  });
  const watch = new ConfigWatch({ clock, path: options.loaded.path, onReplaced: changed });
  const snapshots = new SnapshotDesk({
    clock,
    config: () => loaded().config,
    entries: () => cameras.board.entries(),
    player: (camera) => worker()?.playerOf(camera),
    publish: (...picture) => announcer.snapshot(...picture),
  });
  const commands = new CommandDesk({
    ...{ ...common, version, bootId, announcer, loaded },
    tell: (event) => announcer.event(event),
    reload: acts.reload,
    renew: async (reason) => {
      if (worker() === undefined) throw new DetectdError('COMMAND_FAILED', 'No worker runs yet.');
      await worker()?.renew(reason);
      return worker()?.pid;
    },
    switchCamera: (...wish) => switches.set(...wish),
    snapshot: (...wish) => snapshots.show(...wish),
    record: (camera) => recordings.record(camera),
  });
  return {
    ...{ faults, announcer, cameras, tracks, recordings, events, desired, trust, care, plans },
    ...{ info, homeAssistant, names, teller, health, updates, watch, switches, commands },
  };
}
