/** scripts/fleet: simulated devices through a real broker, and what its command line refuses. */
import { execFile } from 'node:child_process';
import t from 'tap';
import { fleetOptions } from '../../scripts/fleet-parts/options.mjs';
import { noMosquitto } from '../helpers/mosquitto.js';

function fleet(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile('scripts/fleet', args, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

t.test('wrong options are named', (t) => {
  t.match(fleetOptions(['--devices', '20', '--rate=2', '--listen', 'all']), {
    devices: 20,
    rate: 2,
    listen: Infinity,
  });
  const wrong = [
    ['--devices', '0'],
    ['--devices', '1.5'],
    ['--rate', 'x'],
    ['--rate', '0'],
    ['--format', 'xml'],
  ];
  for (const each of [...wrong, ['--nope', '1'], ['--broker']]) t.throws(() => fleetOptions(each));
  t.end();
});

t.test('each message of each device arrives', { skip: noMosquitto }, async (t) => {
  for (const format of ['json', 'cbor']) {
    const args = [
      '--devices',
      '20',
      '--processes',
      '2',
      '--seconds',
      '2',
      '--listen',
      'all',
      '--format',
      format,
    ];
    const { stdout } = await fleet(...args, '--json');
    t.match(JSON.parse(stdout), {
      devices: 20,
      processes: 2,
      connected: 20,
      published: 200,
      dropped: 0,
      heard: { devices: 20, messages: 200, missing: 0 },
    });
  }
});

t.test('a broker that is not there is said', async (t) => {
  const { status, stderr } = await fleet('--broker', 'mqtt://127.0.0.1:1', '--devices', '1');
  t.equal(status, 1);
  t.match(stderr, /^FLEET: /m);
});
