/**
 * What an announcement to Home Assistant is made of: components, by ids that stay the same for as long as what they stand
 * for. See https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload.
 */
import { createHash } from 'node:crypto';
import type { CommandName } from '../../core/command.js';
import type { DeviceInfo } from '../../core/device-info.js';
import type { Topics } from '../topics.js';

export type Platform = 'binary_sensor' | 'sensor' | 'camera' | 'switch' | 'button' | 'update' | 'event';

export interface Availability {
  topic: string;
  /** Gives `online` or `offline`. */
  value_template: string;
}

/** One entity; further options depend on its platform. Without any it takes an entity away that was announced before. */
export interface Component {
  platform: Platform;
  unique_id?: string;
  name?: string;
  availability?: Availability[];
  [option: string]: unknown;
}

export type Components = Record<string, Component>;

/** What of a device Home Assistant is told. */
export interface HomeAssistantFacts {
  /** Where it looks for devices. */
  prefix: string;
  base: string;
  device: string;
  /** Of detectd. */
  version: string;
  machine: DeviceInfo | undefined;
  /** Labels that are wanted. */
  labels: readonly string[];
  /** Commands that are obeyed. */
  commands: readonly CommandName[];
  /** Whether objects are followed. */
  follows: boolean;
  cameras: readonly { name: string; model: string }[];
  models: readonly string[];
  /** What each model knows, by its name; of models that were not loaded yet nothing is known. */
  known: ReadonlyMap<string, readonly string[]>;
}

/** What the parts of the announcement are made from. */
export interface ComponentContext {
  facts: HomeAssistantFacts;
  topics: Topics;
  /** Begins every unique_id. */
  id: string;
  /** Components that were announced before. */
  announced: ReadonlySet<string>;
}

/** Name of the device for Home Assistant: of letters, digits, "_" and "-", another one for each base and device. */
export function discoveryId({ base, device }: Pick<HomeAssistantFacts, 'base' | 'device'>): string {
  return `detectd_${slug(base === 'detectd' ? device : `${base}/${device}`)}`;
}

/** Any text as letters, digits, "_" and "-"; texts that differ stay different. */
export function slug(text: string): string {
  const plain = text.replace(/[^a-zA-Z0-9_-]+/g, '_').slice(0, 60);
  if (plain === text) return plain;
  return `${plain}_${createHash('sha256').update(text).digest('hex').slice(0, 6)}`;
}

/** A text in a template: its strings take the escapes of JSON. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A template of messages that may be taken away, which is an empty one: it makes nothing of that, or `gone`. */
export function unlessGone(template: string, gone = ''): string {
  return `{% if value_json is defined %}${template}${gone === '' ? '' : `{% else %}${gone}`}{% endif %}`;
}

/** Only while the device is there; the broker itself tells when it is lost. */
export function deviceAvailability(topics: Topics): Availability {
  return {
    topic: topics.status,
    value_template: "{{ 'offline' if value_json.state in ['lost', 'stopped'] else 'online' }}",
  };
}
