/** Entities of a camera: whether it is there, what it sees, what comes and goes, its picture, and a switch. */
import type { TrackLife } from '../../core/track-event.js';
import {
  type Availability,
  type ComponentContext,
  type Components,
  deviceAvailability,
  quoted,
  slug,
  unlessGone,
} from './component.js';

/** What becomes of an object, as far as it is told. */
const TOLD: readonly TrackLife[] = ['new', 'end'];

export function cameraComponents(context: ComponentContext): Components {
  return Object.assign({}, ...context.facts.cameras.map(({ name, model }) => ofCamera(context, name, model)));
}

function ofCamera(context: ComponentContext, camera: string, model: string): Components {
  const { topics, facts, id } = context;
  const status = topics.cameraStatus(camera);
  const command = (name: string) => ({ command_topic: topics.command(name), qos: 1 });
  const own = (key: string) => ({ unique_id: `${id}_${cameraKey(camera, key)}` });
  const found: Components = {
    [cameraKey(camera, 'connectivity')]: {
      platform: 'binary_sensor',
      ...own('connectivity'),
      name: `${camera} connectivity`,
      state_topic: status,
      value_template: unlessGone(
        "{{ 'ON' if value_json.state in ['online', 'frozen', 'black'] else 'OFF' }}",
      ),
      device_class: 'connectivity',
      entity_category: 'diagnostic',
      json_attributes_topic: status,
      json_attributes_template: unlessGone(
        `{{ {'state': value_json.state, 'reason': value_json.reason | default(none), 'reconnects': value_json.reconnects} | tojson }}`,
        '{}',
      ),
    },
    [cameraKey(camera, 'fps')]: {
      platform: 'sensor',
      ...own('fps'),
      name: `${camera} frame rate`,
      state_topic: status,
      value_template: unlessGone('{{ value_json.fps | default(0) }}'),
      unit_of_measurement: 'fps',
      state_class: 'measurement',
      suggested_display_precision: 1,
      icon: 'mdi:filmstrip',
      entity_category: 'diagnostic',
    },
  };
  const labels = labelsOf(context, camera, model);
  for (const label of labels) Object.assign(found, ofLabel(context, camera, label));
  if (facts.follows && labels.length > 0)
    found[cameraKey(camera, 'object')] = {
      platform: 'event',
      ...own('object'),
      name: `${camera} object`,
      state_topic: topics.events(camera),
      event_types: TOLD,
      value_template: objectTemplate(labels),
      qos: 1,
      icon: 'mdi:motion-sensor',
    };
  if (facts.commands.includes('snapshot')) {
    found[cameraKey(camera, 'picture')] = {
      platform: 'camera',
      ...own('picture'),
      name: `${camera} snapshot`,
      topic: topics.snapshot(camera),
    };
    found[cameraKey(camera, 'snapshot')] = {
      platform: 'button',
      ...own('snapshot'),
      name: `${camera} take snapshot`,
      ...command('snapshot'),
      payload_press: JSON.stringify({ camera }),
      icon: 'mdi:camera',
    };
  }
  if (facts.commands.includes('camera'))
    found[cameraKey(camera, 'detection')] = {
      platform: 'switch',
      ...own('detection'),
      name: `${camera} detection`,
      state_topic: status,
      value_template: unlessGone("{{ 'OFF' if value_json.state == 'disabled' else 'ON' }}"),
      ...command('camera'),
      payload_on: JSON.stringify({ camera, enabled: true }),
      payload_off: JSON.stringify({ camera, enabled: false }),
      state_on: 'ON',
      state_off: 'OFF',
      icon: 'mdi:motion-sensor',
    };
  return found;
}

/** Not its updates: each would be kept as an event of its own. Nor what was kept during an outage, as if it happened now. */
function objectTemplate(labels: readonly string[]): string {
  const wanted = `value_json.type in ${JSON.stringify(TOLD)} and value_json.label in ${JSON.stringify(labels)}`;
  return [
    `{% if value_json is defined and ${wanted} and not value_json.historical | default(false) %}`,
    '{{ {"event_type": value_json.type, "id": value_json.id, "label": value_json.label,',
    ' "confidence": value_json.top_confidence, "since": value_json.start_ts, "zones": value_json.zones} | tojson }}',
    '{% endif %}',
  ].join('');
}

/** A model that was not loaded yet may know any of them: what was announced before stays until it is known. */
function labelsOf({ facts, announced }: ComponentContext, camera: string, model: string): readonly string[] {
  const known = facts.known.get(model);
  if (known !== undefined) return facts.labels.filter((label) => known.includes(label));
  return facts.labels.filter((label) => announced.has(cameraKey(camera, `${slug(label)}_count`)));
}

function ofLabel({ topics, id }: ComponentContext, camera: string, label: string): Components {
  const [presence, count] = [`${slug(label)}_occupancy`, `${slug(label)}_count`];
  const counted = `value_json.labels.get(${quoted(label)}, 0)`;
  // A camera that shows nothing knows as little of who is there as one that is away.
  const online: Availability = {
    topic: topics.cameraStatus(camera),
    value_template: unlessGone("{{ 'online' if value_json.state == 'online' else 'offline' }}", 'offline'),
  };
  const common = {
    state_topic: topics.counts(camera),
    availability: [deviceAvailability(topics), online],
    availability_mode: 'all',
  };
  return {
    [cameraKey(camera, presence)]: {
      platform: 'binary_sensor',
      unique_id: `${id}_${cameraKey(camera, presence)}`,
      name: `${camera} ${label}`,
      value_template: unlessGone(`{{ 'ON' if ${counted} > 0 else 'OFF' }}`),
      device_class: 'occupancy',
      ...common,
    },
    [cameraKey(camera, count)]: {
      platform: 'sensor',
      unique_id: `${id}_${cameraKey(camera, count)}`,
      name: `${camera} ${label} count`,
      value_template: unlessGone(`{{ ${counted} }}`),
      state_class: 'measurement',
      icon: 'mdi:counter',
      ...common,
    },
  };
}

/** No other camera's: names hold no ".", which ids may not hold in topics but in here. */
function cameraKey(camera: string, key: string): string {
  return `camera.${camera}.${key}`;
}
