import t from 'tap';
import { createLogger } from '../../dist/base/logger.js';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import { InfoDesk } from '../../dist/daemon/info-desk.js';
import type { InfoFacts } from '../../dist/publish/announcer.js';
import { modelReport } from '../helpers/worker-parts.js';

t.test('nothing is said before a worker has loaded a model, then all that is known', async (t) => {
  const said: InfoFacts[] = [];
  let device = UNKNOWN_DEVICE;
  const desk = new InfoDesk({
    log: createLogger({ level: 'silent', pretty: false }),
    announce: (facts) => said.push(facts),
    stepsDown: () => new Map(),
    cameras: () => ['gate'],
    device: () => device,
  });
  desk.tell();
  t.strictSame(said, []);
  desk.loaded([modelReport()]);
  t.match(said, [{ cameras: ['gate'], fingerprint: undefined }]);
  t.equal(said[0]?.models.length, 1);
  device = { ...UNKNOWN_DEVICE, architecture: 'arm64' } as typeof UNKNOWN_DEVICE;
  desk.tell();
  t.match(said[1], { fingerprint: { architecture: 'arm64' } });
});
