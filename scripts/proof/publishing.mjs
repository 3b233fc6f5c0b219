/** Publishing: nothing that is stored is lost unaccounted for, whatever happens to brokers, networks and the daemon. */
import { publishingBadInput } from './publishing-bad-input.mjs';
import { publishingFaults } from './publishing-faults.mjs';
import { publishingFigures } from './publishing-figures.mjs';
import { publishingFleet } from './publishing-fleet.mjs';
import { publishingHomeAssistant } from './publishing-home-assistant.mjs';
import { publishingKills } from './publishing-kills.mjs';
import { publishingOutage } from './publishing-outage.mjs';

export function publishing({ long }) {
  return [
    ...publishingFaults(),
    ...publishingKills({ long }),
    ...publishingOutage({ long }),
    ...publishingFigures({ long }),
    ...publishingFleet({ long }),
    ...publishingBadInput(),
    ...publishingHomeAssistant(),
  ];
}
