/**
 * The configuration of the daemon that a self test runs: one drawn camera and one model, below topics of its
 * own. From a user's configuration come the broker, with login and TLS, and how models are computed. Pure.
 */
import { join } from 'node:path';
import { type Config, configSchema, type ModelConfig, type MqttConfig } from '../config/schema.js';

export interface SelftestPlanOptions {
  /** For the configuration, state and cache of this run. */
  folder: string;
  /** Absolute. */
  bundle: string;
  source: string;
  threshold: number;
  /** Taken over a configured model's. */
  compute: Partial<Pick<ModelConfig, 'provider' | 'precision' | 'threads'>>;
  /** Tells this run from another one on the same broker. */
  token: string;
  /** A user's configuration: the whole, the name of the device, and the model to compute like. */
  user?: { config: Config; device: string; model: ModelConfig };
}

export interface SelftestPlan {
  /** Text of the configuration file; it holds no password. */
  text: string;
  /** What the text refers to. */
  env: Record<string, string>;
  /** How the subscriber connects; an embedded broker takes a free port that is not known yet. */
  mqtt: MqttConfig;
  device: string;
  /** Asked for, as the next. */
  provider: ModelConfig['provider'];
  /** fp32, fp16 or int8. */
  precision: string;
  cacheFolder: string;
}

/** Name of the camera and of the model. */
export const SELFTEST_NAME = 'shapes';
const PASSWORD = 'DETECTD_SELFTEST_PASSWORD';
/** Leaves room for what is appended; a client identifier has 128 characters at most. */
const MOST_CLIENT_ID = 96;

export function selftestPlan(options: SelftestPlanOptions): SelftestPlan {
  const { folder, bundle, source, threshold, compute, token, user } = options;
  const own = user?.config.mqtt ?? configSchema.shape.mqtt.parse({});
  const device = `selftest-${token}`;
  const mqtt: MqttConfig = {
    ...own,
    // Below the device's own topics: where its access rules reach, and where nobody listens who waits for it.
    base: user === undefined ? own.base : `${own.base}/${user.device}`,
    client_id: `${(own.client_id ?? 'detectd').slice(0, MOST_CLIENT_ID)}-${device}`,
    embedded: { host: '127.0.0.1', port: 0 },
  };
  const { provider = 'auto', precision = 'fp32', threads = 0 } = { ...user?.model, ...compute };
  const cacheFolder = user?.config.paths.cache ?? join(folder, 'cache');
  const config = {
    device: { id: device },
    log: { level: 'info', format: 'json' },
    paths: { state: join(folder, 'state'), cache: cacheFolder },
    mqtt: { ...mqtt, ...(mqtt.password === undefined ? {} : { password: `\${${PASSWORD}}` }) },
    models: { [SELFTEST_NAME]: { bundle, threshold, provider, precision, threads } },
    cameras: { [SELFTEST_NAME]: { source, model: SELFTEST_NAME } },
    // A build would take the machine from what is being tested.
    engines: { build: false },
    // Its port belongs to the daemon that may be running here.
    http: { enabled: false },
    ...(user === undefined ? {} : { worker: user.config.worker }),
  };
  // JSON is YAML. A path may hold what looks like a placeholder.
  const text = JSON.stringify(
    config,
    (key, value) =>
      typeof value === 'string' && key !== 'password' ? value.replaceAll('${', () => '$${') : value,
    2,
  );
  return {
    text,
    env: mqtt.password === undefined ? {} : { [PASSWORD]: mqtt.password },
    mqtt,
    device,
    provider,
    precision,
    cacheFolder,
  };
}
