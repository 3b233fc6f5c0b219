/** Entities of the device as a whole: whether it is there and well, what happens to it, its figures, and its buttons. */
import type { Component, ComponentContext, Components } from './component.js';

/** As in the schema of `status`. */
const STATES = ['starting', 'building', 'ready', 'degraded', 'updating', 'stopped', 'lost'];
/** Events that Home Assistant can react to by name; others are told as `other`. */
const EVENTS = [
  ...[
    'started',
    'device-state',
    'camera-state',
    'worker-failed',
    'worker-recycled',
    'remedy',
    'engine-built',
  ],
  ...['engine-refused', 'model-changed', 'config-applied', 'config-refused', 'command', 'outbox', 'lost'],
];

/** What was kept during an outage would be told as if it happened now. */
const EVENT_TEMPLATE = [
  '{% if not value_json.historical | default(false) %}',
  `{{ dict(value_json, event_type=value_json.type if value_json.type in ${JSON.stringify(EVENTS)} else "other") | tojson }}`,
  '{% endif %}',
].join('');

interface Figure {
  name: string;
  /** Of the message of `health`. */
  template: string;
  unit?: string;
  deviceClass?: string;
  icon?: string;
}

const FIGURES: Record<string, Figure> = {
  temperature: {
    name: 'temperature',
    template: '{{ value_json.machine.temperatures_c.values() | max | default(none) }}',
    unit: '°C',
    deviceClass: 'temperature',
  },
  memory_available: {
    name: 'memory available',
    template: '{{ value_json.machine.available_mb | default(none) }}',
    unit: 'MB',
    deviceClass: 'data_size',
  },
  memory_used: {
    name: 'memory of detectd',
    template: "{{ value_json.processes | map(attribute='rss_mb', default=0) | sum | round(1) }}",
    unit: 'MB',
    deviceClass: 'data_size',
  },
  gpu_load: {
    name: 'GPU load',
    template: '{{ value_json.machine.gpu_load_percent | default(none) }}',
    unit: '%',
    icon: 'mdi:expansion-card',
  },
  fps: {
    name: 'frame rate',
    template: "{{ value_json.cameras.values() | map(attribute='fps', default=0) | sum | round(1) }}",
    unit: 'fps',
    icon: 'mdi:filmstrip',
  },
  waiting: {
    name: 'messages waiting',
    template: '{{ (value_json.outbox | default({})).waiting | default(0) }}',
    icon: 'mdi:tray-full',
  },
};

export function deviceComponents(context: ComponentContext): Components {
  const { topics, id, facts } = context;
  const diagnostic = { entity_category: 'diagnostic' };
  const components: [string, Component][] = [
    [
      'connectivity',
      {
        platform: 'binary_sensor',
        name: 'connectivity',
        state_topic: topics.status,
        value_template: "{{ 'OFF' if value_json.state in ['lost', 'stopped'] else 'ON' }}",
        device_class: 'connectivity',
        // It is what tells that the device is not there.
        availability: [],
        ...diagnostic,
      },
    ],
    [
      'problem',
      {
        platform: 'binary_sensor',
        name: 'problem',
        state_topic: topics.status,
        value_template: "{{ 'ON' if value_json.state == 'degraded' else 'OFF' }}",
        device_class: 'problem',
        json_attributes_topic: topics.status,
        json_attributes_template: "{{ {'reason': value_json.reason | default(none)} | tojson }}",
        ...diagnostic,
      },
    ],
    [
      'state',
      {
        platform: 'sensor',
        name: 'state',
        state_topic: topics.status,
        value_template: '{{ value_json.state }}',
        device_class: 'enum',
        options: STATES,
        ...diagnostic,
      },
    ],
    [
      'started',
      {
        platform: 'sensor',
        name: 'last start',
        state_topic: topics.info,
        value_template: '{{ value_json.started | default(none) }}',
        device_class: 'timestamp',
        ...diagnostic,
      },
    ],
    [
      'events',
      {
        platform: 'event',
        name: 'event',
        state_topic: `${topics.root}/events`,
        event_types: [...EVENTS, 'other'],
        value_template: EVENT_TEMPLATE,
        qos: 1,
        ...diagnostic,
      },
    ],
    ...Object.entries(FIGURES).map(([key, figure]): [string, Component] => [
      key,
      figureComponent(context, figure),
    ]),
  ];
  const button = (name: string, more: object): Component => ({
    platform: 'button',
    command_topic: topics.command(name),
    payload_press: '{}',
    qos: 1,
    entity_category: 'config',
    ...more,
  });
  if (facts.commands.includes('reload'))
    components.push(['reload', button('reload', { name: 'reload configuration', icon: 'mdi:reload' })]);
  if (facts.commands.includes('recycle'))
    components.push(['recycle', button('recycle', { name: 'replace worker', device_class: 'restart' })]);
  return Object.fromEntries(
    components.map(([key, component]) => [key, { ...component, unique_id: `${id}_${key}` }]),
  );
}

function figureComponent({ topics }: ComponentContext, figure: Figure): Component {
  return {
    platform: 'sensor',
    name: figure.name,
    state_topic: topics.health,
    value_template: figure.template,
    ...(figure.unit === undefined ? {} : { unit_of_measurement: figure.unit }),
    ...(figure.deviceClass === undefined ? {} : { device_class: figure.deviceClass }),
    ...(figure.icon === undefined ? {} : { icon: figure.icon }),
    state_class: 'measurement',
    entity_category: 'diagnostic',
  };
}
