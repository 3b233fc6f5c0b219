/** Two daemons and the command line that want the same engine of one cache at once. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { runDaemon } from '../helpers/running-daemon.js';
import { noGstreamer } from '../helpers/test-video.js';

const BUNDLE = join(import.meta.dirname, '../../config/bundles/shapes');

t.test('two daemons and a command make one build', { skip: noMosquitto || noGstreamer }, async (t) => {
  const folder = t.testdir({});
  const broker = await mosquitto(t);
  const config = (id: string) => ({
    device: { id },
    mqtt: { broker: broker.url },
    engines: { build: true },
    paths: { cache: join(folder, 'cache'), state: join(folder, id) },
    models: { shapes: { bundle: BUNDLE, threads: 1 } },
    cameras: { gate: { source: 'test:ball', model: 'shapes', fps: 5 } },
  });
  const daemons = [runDaemon(t, { config: config('first') }), runDaemon(t, { config: config('second') })];
  const begun = await Promise.race(
    daemons.map((each) => each.line(/^an engine for "shapes" is being built/)),
  );
  const file = (daemons[0] as (typeof daemons)[0]).configFile;
  const command = spawn(process.execPath, ['dist/cli.js', 'engines', 'build', '-c', file, '--json']);
  let said = '';
  command.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const status = await new Promise((resolve) => command.once('close', resolve));
  t.equal(status, 0);
  const [engine] = JSON.parse(said).engines as { key: string; outcome: string }[];
  t.equal(engine?.key, begun['key'], 'it is the same engine');
  const ready = await Promise.all(daemons.map((each) => each.line(/^the engine for "shapes" is ready/)));
  const builds = [...ready.map(({ wasThere }) => !wasThere), engine?.outcome === 'built'];
  t.equal(builds.filter(Boolean).length, 1);
  for (const each of daemons) await each.line(/^worker took over/);
});
