/** Model updates: nothing brings a device between two models, and nothing bad gets to serve. */
import { otaBadModels } from './ota-bad-models.mjs';
import { otaFleet } from './ota-fleet.mjs';
import { otaHttp } from './ota-http.mjs';
import { otaKills } from './ota-kills.mjs';
import { otaTrust } from './ota-trust.mjs';
import { cases } from './programs.mjs';

export function ota({ long }) {
  return [
    ...otaKills({ long }),
    ...otaTrust({ long }),
    ...otaBadModels({ long }),
    ...otaHttp({ long }),
    ...otaFleet({ long }),
    {
      what: 'desired documents as hostile input: 10,000 of them',
      limit: 'nothing changes unless it is valid and allowed',
      measure: () => cases('test/models/desired-fitting.test.ts'),
    },
  ];
}
