/** Which devices a roll-out reaches, as people and programs ask for it. */
import { join } from 'node:path';
import t from 'tap';
import { bucketsOf, configRolloutCommand, spreadOf } from '../../dist/commands/config-rollout.js';
import { recordedIo } from '../helpers/recorded-io.js';

async function run(...args: string[]) {
  const recorded = recordedIo();
  let thrown: unknown;
  const command = configRolloutCommand(recorded)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  await command.parseAsync(args, { from: 'user' }).catch((error) => {
    thrown = error;
  });
  return { out: recorded.text('out'), thrown };
}

t.test('devices come in the order in which a growing percent reaches them', (t) => {
  const devices = ['dock-1', 'dock-2', 'dock-3', 'dock-4'];
  const buckets = bucketsOf('people-1.3', 35, devices);
  t.strictSame(
    buckets.map(({ bucket }) => bucket),
    buckets.map(({ bucket }) => bucket).sort((a, b) => a - b),
  );
  t.match(
    buckets.find(({ device }) => device === 'dock-3'),
    { bucket: 34.668, in: true },
  );
  t.ok(buckets.every((one) => one.in === one.bucket < 35));
  t.end();
});

t.test('an even spread has a small chi-square, a lopsided one a large', (t) => {
  const ids = Array.from({ length: 10_000 }, (_, index) => `device-${index}`);
  const { tenths, chiSquare } = spreadOf(bucketsOf('s', 0, ids));
  t.equal(
    tenths.reduce((sum, count) => sum + count, 0),
    10_000,
  );
  t.ok(chiSquare < 27.9, `${chiSquare}: 999 of 1000 even spreads are below`);
  t.equal(spreadOf(Array.from({ length: 100 }, () => ({ bucket: 99.9999 }))).chiSquare, 900);
  t.end();
});

t.test('names come as arguments or from a file, and are told once', async (t) => {
  const file = join(t.testdir({ list: '# docks\ndock-3\r\n\n dock-4 \ndock-3\n' }), 'list');
  const { out } = await run('--seed', 'people-1.3', '--percent', '35', '--devices', file, 'dock-3');
  t.match(out, /^in {4}34\.668 {2}dock-3$/m);
  t.match(out, /of 2 devices \(.* %\) take part with seed "people-1\.3" at 35 %/);
  const list = join(
    t.testdir({ many: Array.from({ length: 200 }, (_, index) => `d${index}`).join('\n') }),
    'many',
  );
  t.match(
    (await run('--seed', 's', '--percent', '10', '--devices', list)).out,
    /by tenths of the hash: .*chi-square/,
  );
  const json = JSON.parse((await run('--seed', 's', '--percent', '10', '--devices', list, '--json')).out);
  t.match(json, { seed: 's', percent: 10, of: 200, spread: { tenths: Array, chi_square: Number } });
  t.equal(json.devices.filter((one: { in: boolean }) => one.in).length, json.taking);
});

t.test('what is missing or wrong is said', async (t) => {
  t.match((await run('--seed', 's', '--percent', '10')).thrown, {
    code: 'USAGE',
    message: 'No device is named.',
  });
  t.match((await run('--seed', 's', '--percent', '101', 'a')).thrown, { code: 'commander.invalidArgument' });
  t.match((await run('--seed', 's', '--percent', '1e1', 'a')).thrown, { code: 'commander.invalidArgument' });
  t.match((await run('--percent', '10', 'a')).thrown, { code: 'commander.missingMandatoryOptionValue' });
  const missing = join(t.testdir(), 'none');
  t.match((await run('--seed', 's', '--percent', '1', '--devices', missing)).thrown, { message: /ENOENT/ });
});
