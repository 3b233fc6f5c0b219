/** Files of the TLS settings, whatever lies in their place. */
import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fileState, readTlsFiles } from '../../dist/publish/tls-files.js';

t.test('those that are set are read', async (t) => {
  const folder = t.testdir({ ca: 'authority', key: 'secret' });
  const files = await readTlsFiles({ ca: join(folder, 'ca'), key: join(folder, 'key') });
  t.strictSame(files, { ca: Buffer.from('authority'), key: Buffer.from('secret') });
  t.strictSame(await readTlsFiles({}), {});
});

t.test('what cannot be a certificate is an error that names the setting', async (t) => {
  const folder = t.testdir({ huge: '', folder: {} });
  const at = (name: string) => join(folder, name);
  truncateSync(at('huge'), 2 * 1024 * 1024);
  execFileSync('mkfifo', [at('pipe')]);
  for (const name of ['huge', 'folder', 'pipe', 'missing'])
    await t.rejects(readTlsFiles({ cert: at(name) }), {
      code: 'MQTT_TLS',
      message: /mqtt\.cert .*\/\w+ \(E/,
    });
});

t.test('their state differs after each way of replacing them', async (t) => {
  const folder = t.testdir({ one: '1', two: '2', other: '1' });
  const at = (name: string) => join(folder, name);
  symlinkSync('one', at('link'));
  const config = { cert: at('link'), key: at('other') };
  const states = [await fileState(config)];
  t.equal(await fileState(config), states[0], 'and not without one');
  writeFileSync(at('one'), 'in place');
  states.push(await fileState(config));
  symlinkSync('two', at('next'));
  renameSync(at('next'), at('link'));
  states.push(await fileState(config));
  writeFileSync(at('fresh'), '1');
  renameSync(at('fresh'), at('other'));
  states.push(await fileState(config));
  rmSync(at('other'));
  states.push(await fileState(config));
  t.equal(new Set(states).size, 5);
});
