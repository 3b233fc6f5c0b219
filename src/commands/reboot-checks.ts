/** What `detectd doctor` says of reboots: a configuration that asks for them needs the unit that answers. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, fault, passed } from './finding.js';

/** Made when scripts/install enables the unit. */
const ENABLED = 'etc/systemd/system/paths.target.wants/detectd-reboot.path';

/** Nothing when no reboot is wanted. `root` is the folder that is `/`. */
export async function rebootFindings(wanted: boolean, root = '/'): Promise<Finding[]> {
  if (!wanted) return [];
  const answered = await access(join(root, ENABLED)).then(
    () => true,
    () => false,
  );
  if (answered) return [passed('reboot', 'detectd may ask for one (detectd-reboot.path)')];
  return [
    fault(
      'reboot',
      'warning',
      'health.reboot is set, but detectd-reboot.path is not installed: a request for a reboot is not answered',
      'sudo scripts/install --allow-reboot yes',
    ),
  ];
}
