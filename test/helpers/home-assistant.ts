/** What Home Assistant takes, as its own schemas have it (test/fixtures/home-assistant), and a device that it is told of. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Component, HomeAssistantFacts, Platform } from '../../dist/publish/home-assistant/component.js';
import type { DiscoveryDocument } from '../../dist/publish/home-assistant/discovery-document.js';

interface Options {
  required: string[];
  optional: string[];
}

interface Taken {
  device_discovery: Options;
  device: Options;
  origin: Options;
  platforms: Record<Platform, Options>;
  device_classes: Record<string, string[]>;
  state_classes: string[];
  entity_categories: string[];
  units: Record<string, string[]>;
}

const folder = join(import.meta.dirname, '../../test/fixtures/home-assistant');
const taken = JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8')) as Taken;

export function homeAssistantFacts(change: Partial<HomeAssistantFacts> = {}): HomeAssistantFacts {
  return {
    prefix: 'homeassistant',
    base: 'detectd',
    device: 'dock-3',
    version: '1.2.3',
    machine: undefined,
    labels: ['person', 'car'],
    commands: ['ping', 'reload', 'recycle', 'snapshot', 'camera'],
    follows: true,
    cameras: [{ name: 'gate', model: 'people' }],
    models: ['people'],
    known: new Map([['people', ['person', 'dog']]]),
    ...change,
  };
}

/** Options that are missing or that nobody knows, which Home Assistant drops without a word. */
function optionFaults(where: string, value: object, { required, optional }: Options): string[] {
  const names = Object.keys(value);
  return [
    ...required.filter((name) => !names.includes(name)).map((name) => `${where}: lacks ${name}`),
    ...names
      .filter((name) => !required.includes(name) && !optional.includes(name))
      .map((name) => `${where}: ${name} is not known`),
  ];
}

/** What Home Assistant would not take, or would not understand. */
export function discoveryFaults(document: DiscoveryDocument): string[] {
  const ids = new Set<unknown>();
  return [
    ...optionFaults('document', document, taken.device_discovery),
    ...optionFaults('device', document.device, taken.device),
    ...optionFaults('origin', document.origin, taken.origin),
    ...Object.entries(document.components).flatMap(([id, component]) => {
      // One that is taken away.
      if (Object.keys(component).length === 1) return [];
      const repeated = ids.has(component.unique_id) ? [`${id}: its unique_id is another's`] : [];
      ids.add(component.unique_id);
      return [...repeated, ...componentFaults(id, component)];
    }),
  ];
}

function componentFaults(id: string, { platform, ...options }: Component): string[] {
  const { device_class, state_class, entity_category, unit_of_measurement: unit } = options;
  const among = (name: string, value: unknown, values: readonly string[] = []) =>
    value === undefined || values.includes(value as string) ? [] : [`${id}: ${name} ${value} is not known`];
  const units = taken.units[device_class as string];
  return [
    ...(options.unique_id === undefined ? [`${id}: lacks unique_id`] : []),
    ...optionFaults(id, options, taken.platforms[platform]),
    ...among('device_class', device_class, taken.device_classes[platform]),
    ...among('state_class', state_class, taken.state_classes),
    ...among('entity_category', entity_category, taken.entity_categories),
    ...(units === undefined ? [] : among('unit', unit ?? 'none', units)),
  ];
}
