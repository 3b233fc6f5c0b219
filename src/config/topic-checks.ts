/**
 * Other forms must not be told where their words are taken for ours: on topics of detectd itself, this device's or
 * another's, or on those of Home Assistant. Pure, and on unchecked data.
 */
import type { Finding } from './problem.js';

/** What follows on `<base>/<device>/`. */
const OURS = ['status', 'info', 'health', 'events', 'cameras', 'models', 'config', 'cmd', '{camera}'];

export interface TopicPlaces {
  /** Of `mqtt.base`. */
  base: string;
  /** Of Home Assistant, where it is told of the device. */
  prefix: string | undefined;
}

/** @param topics of forms that are enabled, by their names */
export function checkTopics(topics: Readonly<Record<string, string>>, places: TopicPlaces): Finding[] {
  return Object.entries(topics).flatMap(([form, topic]) => {
    const why = collision(form, topic, places);
    if (why === undefined) return [];
    const message = `"outputs.${form}.topic" ${why}`;
    return [{ path: ['outputs', form, 'topic'], at: 'value' as const, message }];
  });
}

function collision(form: string, topic: string, { base, prefix }: TopicPlaces): string | undefined {
  if (prefix !== undefined && `${topic}/`.startsWith(`${prefix}/`))
    return 'lies below "home_assistant.prefix", where Home Assistant looks for other things';
  if (!`${topic}/`.startsWith(`${base}/`)) return undefined;
  const [, leaf] = topic.slice(base.length + 1).split('/');
  // Frigate's own topics follow: `events` is one of them.
  const taken = leaf === undefined ? form === 'frigate' : OURS.includes(leaf);
  return taken ? `lies on topics of detectd itself; use one such as ${base}/{device}/${form}` : undefined;
}
