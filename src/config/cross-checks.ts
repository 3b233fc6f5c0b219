/**
 * What no single value shows: names that refer to each other, sources that must parse, settings that
 * only some sources know. Runs on unchecked data, so that a file's other faults do not hide these.
 */
import { DetectdError } from '../base/errors.js';
import { isLoopback } from '../base/loopback.js';
import type { Source } from '../core/source.js';
import { parseModelSource } from './model-source.js';
import { nearestKey } from './nearest-key.js';
import { checkPlaces } from './place-checks.js';
import type { Finding } from './problem.js';
import { parseSource } from './source.js';
import { checkTopics } from './topic-checks.js';

type Mapping = Record<string, unknown>;

/** The findings of a parsed, interpolated and otherwise unchecked configuration. */
export function crossChecks(value: unknown): Finding[] {
  const root = mapping(value);
  const models = Object.keys(mapping(root['models']));
  const cameras = Object.entries(mapping(root['cameras'])).flatMap(([name, camera]) =>
    checkCamera(name, mapping(camera), models),
  );
  const tracking = mapping(root['tracking'])['enabled'] !== false;
  const places = Object.entries(mapping(root['cameras'])).flatMap(([name, camera]) =>
    checkPlaces(name, mapping(camera), tracking),
  );
  const keys = mapping(root['updates'])['keys'];
  const signed = Array.isArray(keys) && keys.length > 0;
  const bundles = Object.entries(mapping(root['models'])).flatMap(([name, model]) =>
    checkModel(name, mapping(model), signed),
  );
  const whole = [...checkMqtt(mapping(root['mqtt'])), ...checkHttp(mapping(root['http']))];
  const other = [
    ...checkTracking(mapping(root['tracking'])),
    ...checkOutputs(root),
    ...checkHomeAssistant(root),
    ...checkOutputTopics(root),
  ];
  const remote = [...checkRemote(mapping(root['remote']), signed), ...checkDevice(root)];
  return [...whole, ...other, ...remote, ...bundles, ...cameras, ...places];
}

function checkModel(name: string, model: Mapping, signed: boolean): Finding[] {
  const { bundle, sha256 } = model;
  if (typeof bundle !== 'string' || bundle === '') return [];
  const path = ['models', name, 'bundle'];
  let kind: string;
  try {
    kind = parseModelSource(bundle).kind;
  } catch (error) {
    const clause = DetectdError.from(error)
      .message.replace(/^The model source /, '')
      .replace(/\.$/, '');
    return [{ path, at: 'value', message: `"models.${name}.bundle" ${clause}` }];
  }
  if (kind === 'place' || signed || sha256 !== undefined) return [];
  const message = `"models.${name}.bundle" is fetched, and nothing vouches for it: give "models.${name}.sha256", or the keys of its signers in "updates.keys"`;
  return [{ path, at: 'value', message }];
}

function checkRemote(remote: Mapping, signed: boolean): Finding[] {
  if (remote['signed'] !== true || signed) return [];
  const message =
    '"remote.signed" wants signatures, but "updates.keys" names no key that could have made them';
  return [{ path: ['remote', 'signed'], at: 'value', message }];
}

/** The topic of the documents for many devices must not be that of one. */
function checkDevice(root: Mapping): Finding[] {
  const { desired, fleet_topic: topic } = mapping(root['remote']);
  if (desired !== true || topic !== undefined || mapping(root['device'])['id'] !== 'fleet') return [];
  const message =
    '"device.id" must not be "fleet" with "remote.desired": documents for all devices are on that topic';
  return [{ path: ['device', 'id'], at: 'value', message }];
}

function checkMqtt(mqtt: Mapping): Finding[] {
  const broker = mqtt['broker'] ?? 'embedded';
  if (broker === 'embedded') return checkEmbedded(mqtt);
  return [broker]
    .flat()
    .filter((address): address is string => typeof address === 'string' && /^(mqtt|ws)s?:\/\//.test(address))
    .flatMap((address) => checkAddress(address, mqtt));
}

function checkEmbedded(mqtt: Mapping): Finding[] {
  const finding = (path: string[], at: Finding['at'], clause: string): Finding => {
    return { path: ['mqtt', ...path], at, message: `"mqtt.${path.join('.')}" ${clause}` };
  };
  const findings: Finding[] = [];
  if (mqtt['protocol'] === '5') {
    const clause = 'is a version that the embedded broker does not speak; use auto or 3.1.1';
    findings.push(finding(['protocol'], 'value', clause));
  }
  const hasUser = mqtt['username'] !== undefined;
  const hasPassword = mqtt['password'] !== undefined;
  if (hasUser !== hasPassword) {
    const [given, missing] = hasUser ? ['username', 'password'] : ['password', 'username'];
    const clause = `belongs together with "mqtt.${missing}" for the embedded broker: give both or neither`;
    findings.push(finding([given], 'key', clause));
  }
  const host = mapping(mqtt['embedded'])['host'];
  if (typeof host === 'string' && host !== '' && !isLoopback(host) && !hasUser && !hasPassword) {
    const clause =
      'opens the broker to the network: set "mqtt.username" and "mqtt.password", or use 127.0.0.1';
    findings.push(finding(['embedded', 'host'], 'value', clause));
  }
  return findings;
}

function checkAddress(broker: string, mqtt: Mapping): Finding[] {
  const findings: Finding[] = [];
  const url = URL.canParse(broker) ? new URL(broker) : undefined;
  if (url === undefined || url.hostname === '') {
    const message = '"mqtt.broker" cannot be read as an address; write it as in mqtt://host:1883';
    return [{ path: ['mqtt', 'broker'], at: 'value', message }];
  }
  if (url.username !== '' || url.password !== '') {
    const message = '"mqtt.broker" holds credentials; put them into "mqtt.username" and "mqtt.password"';
    findings.push({ path: ['mqtt', 'broker'], at: 'key', message });
  }
  for (const key of ['ca', 'cert', 'key']) {
    if (mqtt[key] === undefined || url.protocol === 'mqtts:' || url.protocol === 'wss:') continue;
    const message = `"mqtt.${key}" is for encrypted connections; "mqtt.broker" must start with mqtts:// or wss://`;
    findings.push({ path: ['mqtt', key], at: 'key', message });
  }
  return findings;
}

function checkHomeAssistant(root: Mapping): Finding[] {
  if (mapping(root['home_assistant'])['enabled'] !== true || mapping(root['mqtt'])['format'] !== 'cbor')
    return [];
  const message = '"home_assistant.enabled" wants "mqtt.format" json: Home Assistant cannot read CBOR';
  return [{ path: ['home_assistant', 'enabled'], at: 'value', message }];
}

/** Nothing would ever begin to be followed, or be gone on with. */
function checkTracking({ conf_thres: high, low_conf_thres: low }: Mapping): Finding[] {
  if (typeof high !== 'number' || typeof low !== 'number' || low <= high) return [];
  const message = '"tracking.low_conf_thres" must not be above "tracking.conf_thres"';
  return [{ path: ['tracking', 'low_conf_thres'], at: 'value', message }];
}

/** Frigate tells of objects, not of frames; sensors are cameras. */
function checkOutputs(root: Mapping): Finding[] {
  const outputs = mapping(root['outputs']);
  const findings: Finding[] = [];
  if (mapping(outputs['frigate'])['enabled'] === true && mapping(root['tracking'])['enabled'] === false) {
    const message = '"outputs.frigate" tells of objects that are followed: "tracking.enabled" must be true';
    findings.push({ path: ['outputs', 'frigate', 'enabled'], at: 'value', message });
  }
  const cameras = Object.keys(mapping(root['cameras']));
  for (const name of Object.keys(mapping(mapping(outputs['deepstream'])['sensors']))) {
    if (cameras.includes(name)) continue;
    findings.push({
      path: ['outputs', 'deepstream', 'sensors', name],
      at: 'key',
      message: `"outputs.deepstream.sensors.${name}" is for a camera that is not under "cameras"`,
      suggestion: nearestKey(name, cameras),
    });
  }
  return findings;
}

function checkOutputTopics(root: Mapping): Finding[] {
  const text = (value: unknown, usual: string): string => (typeof value === 'string' ? value : usual);
  const forms = Object.entries(mapping(root['outputs'])).filter(
    ([form, settings]) => form !== 'detections' && mapping(settings)['enabled'] === true,
  );
  const topics = forms.map(([form, settings]) => [form, text(mapping(settings)['topic'], form)]);
  const { enabled, prefix } = mapping(root['home_assistant']);
  return checkTopics(Object.fromEntries(topics), {
    base: text(mapping(root['mqtt'])['base'], 'detectd'),
    prefix: enabled === true ? text(prefix, 'homeassistant') : undefined,
  });
}

/** node_exporter reads files of that name alone. */
function checkHttp(http: Mapping): Finding[] {
  const file = http['textfile'];
  if (typeof file !== 'string' || file === '' || /[^/]\.prom$/.test(file)) return [];
  const message = '"http.textfile" must name a file that ends with .prom, as node_exporter wants';
  return [{ path: ['http', 'textfile'], at: 'value', message }];
}

function checkCamera(name: string, camera: Mapping, models: string[]): Finding[] {
  const findings: Finding[] = [];
  const path = (key: string) => ['cameras', name, key];
  const model = camera['model'];
  if (typeof model === 'string' && model !== '' && !models.includes(model)) {
    findings.push({
      path: path('model'),
      at: 'value',
      message: `"cameras.${name}.model" names a model that is not under "models"`,
      suggestion: nearestKey(model, models),
    });
  }
  const text = camera['source'];
  if (typeof text !== 'string' || text === '') return findings;
  let source: Source;
  try {
    source = parseSource(text, { rtspTransport: 'tcp', rtspLatencyMs: 200 });
  } catch (error) {
    const { message, hint } = DetectdError.from(error);
    const clause = message.replace(/^The source /, '').replace(/\.$/, '');
    const forms = clause.includes('known forms') && hint !== undefined ? ` (${hint.replace(/\.$/, '')})` : '';
    findings.push({
      path: path('source'),
      at: 'value',
      message: `"cameras.${name}.source" ${clause}${forms}`,
    });
    return findings;
  }
  if (camera['recording'] !== undefined && source.kind === 'file') {
    const message = `"cameras.${name}.recording" is for cameras; a file is a recording already`;
    findings.push({ path: path('recording'), at: 'key', message });
  }
  const codec = wrongCodec(source.kind, camera['codec']);
  if (codec !== undefined) {
    findings.push({ path: path('codec'), at: 'value', message: `"cameras.${name}.codec" ${codec}` });
  }
  for (const key of ['every_frame', 'loop']) {
    if (camera[key] !== true || source.kind === 'file') continue;
    findings.push({
      path: path(key),
      at: 'key',
      message: `"cameras.${name}.${key}" is for file sources only`,
    });
  }
  return findings;
}

function mapping(value: unknown): Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {};
}

/** Why a source of this kind cannot have the codec, in a clause. */
function wrongCodec(kind: Source['kind'], codec: unknown): string | undefined {
  if (typeof codec !== 'string' || codec === 'auto') return undefined;
  if (kind === 'v4l2') return undefined;
  if (kind === 'rtsp') return codec === 'raw' ? 'can be raw for v4l2 sources only' : undefined;
  if (kind !== 'http') return 'is for rtsp, v4l2 and http sources only';
  return codec === 'mjpeg' ? undefined : 'can only be mjpeg or auto for an http source';
}
