/** Entities of models: which version serves, which one is on its way, and how far that is. */
import { type ComponentContext, type Components, unlessGone } from './component.js';

/** Phases in which another version is on its way; one that failed or was rolled back is none that could be had. */
const UNDER_WAY = ['downloading', 'verified', 'staged', 'building', 'trial'];

/** A dictionary's own `update` is a method of it. */
const TEMPLATE = [
  "{% set active = value_json.active | default({}) %}{% set update = value_json['update'] | default({}) %}",
  `{% set coming = update.phase | default('') in ${JSON.stringify(UNDER_WAY)} %}`,
  "{% set installed = active.version | default('none') %}",
  '{{ {"installed_version": installed, "latest_version": (update.version | default("unknown")) if coming else installed,',
  ' "in_progress": coming, "update_percentage": (value_json.percent | default(none)) if coming else none} | tojson }}',
].join('');

export function modelComponents({ facts, topics, id }: ComponentContext): Components {
  const entries = facts.models.map((model): [string, Components[string]] => [
    `model.${model}.update`,
    {
      platform: 'update',
      unique_id: `${id}_model.${model}.update`,
      name: `${model} model`,
      title: model,
      state_topic: topics.modelState(model),
      value_template: unlessGone(TEMPLATE),
      entity_category: 'diagnostic',
    },
  ]);
  return Object.fromEntries(entries);
}
