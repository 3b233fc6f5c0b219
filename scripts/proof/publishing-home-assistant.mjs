/** Home Assistant: what devices announce, held against its own schemas everywhere, and against the program where it is. */
import { spawnSync } from 'node:child_process';
import { cases } from './programs.mjs';

const NAME = 'DETECTD_HOMEASSISTANT';

export function publishingHomeAssistant() {
  return [
    {
      what: 'announcements to Home Assistant against its own schemas (2025.4), each option, class and unit',
      limit: 'nothing that it would refuse or drop',
      measure: () =>
        cases(
          'test/publish/home-assistant/discovery-document.test.ts',
          'test/publish/home-assistant/home-assistant.test.ts',
        ),
    },
    {
      what: 'a device announces itself, obeys its switch, takes itself away, over a real broker',
      limit: 'nothing retained is left',
      measure: () => cases('--grep=takes itself away', 'test/e2e/home-assistant.test.ts'),
    },
    {
      what: 'the real Home Assistant finds a device, shows every message, and switches it',
      limit: 'each entity there, no complaint in its log',
      measure: async () =>
        missing() ?? (await cases('--grep=^Home Assistant', 'test/e2e/home-assistant.test.ts')),
    },
  ];
}

function missing() {
  const python = process.env[NAME];
  if (python === undefined)
    return { impossible: `${NAME} does not name a Python with homeassistant and paho-mqtt` };
  const { status } = spawnSync(python, ['-c', 'import homeassistant, paho.mqtt'], { stdio: 'ignore' });
  return status === 0 ? undefined : { impossible: `${python} has no homeassistant or no paho-mqtt` };
}
