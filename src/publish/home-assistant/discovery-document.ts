/** The one message by which Home Assistant learns of a device with all its entities: pure. */
import { Topics } from '../topics.js';
import { cameraComponents } from './camera-components.js';
import {
  type Availability,
  type Components,
  deviceAvailability,
  discoveryId,
  type HomeAssistantFacts,
  type Platform,
} from './component.js';
import { deviceComponents } from './device-components.js';
import { modelComponents } from './model-components.js';

export interface DiscoveryDocument {
  device: Record<string, string | string[]>;
  origin: { name: string; sw_version: string };
  availability: Availability[];
  components: Components;
}

export function discoveryTopic(facts: Pick<HomeAssistantFacts, 'prefix' | 'base' | 'device'>): string {
  return `${facts.prefix}/device/${discoveryId(facts)}/config`;
}

/**
 * @param announced components of the announcement before by id; those that are gone are named once more, since Home
 * Assistant keeps what is only left out
 */
export function discoveryDocument(
  facts: HomeAssistantFacts,
  announced: ReadonlyMap<string, Platform> = new Map(),
): DiscoveryDocument {
  const topics = new Topics(facts.base, facts.device);
  const id = discoveryId(facts);
  const context = { facts, topics, id, announced: new Set(announced.keys()) };
  const components = {
    ...deviceComponents(context),
    ...modelComponents(context),
    ...cameraComponents(context),
  };
  const gone = [...announced].filter(([key]) => !Object.hasOwn(components, key));
  const { board, l4t } = facts.machine ?? {};
  return {
    device: {
      identifiers: [id],
      name: facts.device,
      manufacturer: 'detectd',
      sw_version: facts.version,
      ...(board === undefined ? {} : { model: board }),
      ...(l4t === undefined ? {} : { hw_version: `L4T ${l4t}` }),
    },
    origin: { name: 'detectd', sw_version: facts.version },
    availability: [deviceAvailability(topics)],
    components: { ...components, ...Object.fromEntries(gone.map(([key, platform]) => [key, { platform }])) },
  };
}
