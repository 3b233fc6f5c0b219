/** Documents over a local file: what they may change, what is left out, and who is to blame for what. */
import t from 'tap';
import { ConfigError } from '../../dist/config/problem.js';
import type { DesiredScope } from '../../dist/core/desired-report.js';
import type { JsonObject } from '../../dist/models/desired-document.js';
import { desiredOverlay, pathsOf } from '../../dist/models/desired-merge.js';
import { loadLocal, localFile } from '../helpers/desired.js';

/** The configuration with these laid over a file with this `remote` section. */
async function merged(remote: string, ...configs: object[]) {
  const scopes: DesiredScope[] = ['fleet', 'device'];
  const documents = configs.map((config, index) => ({
    scope: scopes[index] as DesiredScope,
    version: 12 + index,
    config: config as JsonObject,
  }));
  const { config, overlaid } = await loadLocal(localFile(remote), desiredOverlay(documents));
  const leftOut = overlaid?.leftOut.map(({ path, code, document }) => `${document} ${path} ${code}`) ?? [];
  const changes = overlaid?.changes.map(({ path, document }) => `${document} ${path.join('.')}`) ?? [];
  return { config, local: overlaid?.local, leftOut, changes, messages: overlaid?.leftOut };
}

t.test('what is allowed is set, added and deleted; the rest of the file stays', async (t) => {
  const { config, local, leftOut, changes } = await merged('desired: true', {
    log: { level: 'debug' },
    models: { people: { threshold: 0.7 }, cars: { bundle: 'https://h/cars.tgz', sha256: 'a'.repeat(64) } },
    cameras: { gate: { fps: null }, yard: { source: 'rtsp://h/y', model: 'cars', slicing: { tile: 640 } } },
  });
  t.equal(config.log.level, 'debug');
  t.equal(config.models['people']?.threshold, 0.7);
  t.equal(config.models['cars']?.bundle, 'https://h/cars.tgz');
  t.equal(config.cameras['gate']?.fps, undefined);
  t.equal(config.cameras['gate']?.source, 'rtsp://u:hunter22@10.0.0.7/main', 'with its placeholder replaced');
  t.equal(config.cameras['yard']?.slicing?.tile, 640);
  t.strictSame(leftOut, []);
  t.strictSame(changes, [
    'fleet log.level',
    'fleet models.people.threshold',
    'fleet models.cars.bundle',
    'fleet models.cars.sha256',
    'fleet cameras.gate.fps',
    'fleet cameras.yard.source',
    'fleet cameras.yard.model',
    'fleet cameras.yard.slicing.tile',
  ]);
  t.equal(local?.log.level, 'info', 'what the file alone says is known');
  t.equal(local?.cameras['gate']?.fps, 10);
});

t.test('the document for this device lies over the one for the fleet', async (t) => {
  const { config, changes } = await merged(
    'desired: true',
    { models: { people: { threshold: 0.7 } }, log: { level: 'debug' } },
    { models: { people: { threshold: 0.8 } } },
  );
  t.equal(config.models['people']?.threshold, 0.8);
  t.strictSame(changes, ['fleet log.level', 'device models.people.threshold']);
});

t.test('what is not allowed is left out and said, the rest is taken', async (t) => {
  const { config, leftOut } = await merged('desired: true, allow: [models.*.threshold, cameras.gate]', {
    log: { level: 'debug' },
    models: { people: { threshold: 0.7, bundle: 'https://h/x' }, cars: null },
    cameras: { gate: { fps: 5 }, yard: { source: 'rtsp://h/y', model: 'people' } },
  });
  t.equal(config.models['people']?.threshold, 0.7);
  t.equal(config.cameras['gate']?.fps, 5);
  t.strictSame(leftOut, [
    'fleet log.level DESIRED_NOT_ALLOWED',
    'fleet models.people.bundle DESIRED_NOT_ALLOWED',
    'fleet models.cars DESIRED_NOT_ALLOWED',
    'fleet cameras.yard.source DESIRED_NOT_ALLOWED',
    'fleet cameras.yard.model DESIRED_NOT_ALLOWED',
  ]);
});

t.test('what is pinned stays, whoever would replace or delete what it is part of', async (t) => {
  const remote = 'desired: true, pin: [models.people.threshold, cameras.*.source, log]';
  const { config, leftOut } = await merged(remote, {
    models: { people: { threshold: 0.1, threads: 2 } },
    log: { level: 'debug' },
    cameras: { gate: { source: 'rtsp://h/z', fps: 5 } },
  });
  t.match(config.models['people'], { threshold: 0.6, threads: 2 });
  t.match(config.cameras['gate'], { source: /hunter22/, fps: 5 });
  t.strictSame(leftOut, [
    'fleet models.people.threshold DESIRED_PINNED',
    'fleet log.level DESIRED_PINNED',
    'fleet cameras.gate.source DESIRED_PINNED',
  ]);
  const whole = await merged(remote, { models: { people: null }, cameras: { gate: null } });
  t.strictSame(whole.leftOut, ['fleet models.people DESIRED_PINNED', 'fleet cameras.gate DESIRED_PINNED']);
  t.strictSame((await merged(remote, { models: null, cameras: 5 })).leftOut, [
    'fleet models DESIRED_PINNED',
    'fleet cameras DESIRED_PINNED',
  ]);
});

t.test('what decides who may change what is never changed, whatever is allowed', async (t) => {
  const all = 'desired: true, allow: ["*", "*.*", "*.*.*", health, remote.allow, mqtt]';
  const config = {
    device: { id: 'x' },
    paths: { state: '/tmp' },
    mqtt: { broker: 'mqtt://evil', password: null },
    updates: { keys: [] },
    remote: { allow: ['*'], pin: null, signed: false },
    http: { port: 1 },
    health: { reboot: { after: 1 }, interval_s: 5 },
  };
  const { config: after, local, leftOut } = await merged(all, config);
  t.equal(after.health.interval_s, 5);
  t.strictSame({ ...after, health: local?.health }, local);
  t.equal(leftOut.length, 10);
  t.ok(leftOut.every((line) => line.endsWith(' DESIRED_NOT_ALLOWED')));
  for (const section of ['remote', 'updates', 'mqtt', 'health'])
    t.strictSame((await merged(all, { [section]: null })).leftOut, [`fleet ${section} DESIRED_NOT_ALLOWED`]);
});

t.test('placeholders, pipelines and paths of this machine do not come from afar', async (t) => {
  const { leftOut, config, messages } = await merged('desired: true', {
    models: { people: { bundle: '/etc', version: `\${file:/etc/shadow}` } },
    cameras: { gate: { source: ' GST:filesrc location=/etc/passwd ! fakesink', model: `$\${x}` } },
  });
  t.strictSame(leftOut, [
    'fleet models.people.bundle DESIRED_NOT_ALLOWED',
    'fleet models.people.version DESIRED_NOT_ALLOWED',
    'fleet cameras.gate.source DESIRED_NOT_ALLOWED',
    'fleet cameras.gate.model DESIRED_NOT_ALLOWED',
  ]);
  t.equal(config.models['people']?.bundle, '/srv/people');
  t.notMatch(JSON.stringify(messages), /shadow|passwd/, 'values are not repeated');
  const fetched = { sha256: 'a'.repeat(64), bundle: 'file:/srv/x.tgz' };
  t.strictSame((await merged('desired: true', { models: { people: fetched } })).leftOut, []);
});

t.test('a configuration that would not be valid names its document instead of a line', async (t) => {
  const fault = async (...configs: object[]) => {
    try {
      await merged('desired: true', ...configs);
    } catch (error) {
      if (error instanceof ConfigError)
        return error.problems.map(({ origin, line, message }) => `${line} ${origin}: ${message}`);
    }
    throw new Error('it was taken');
  };
  t.strictSame(await fault({ log: { level: 'loud' } }, { cameras: { gate: { fps: 'x' } } }), [
    '0 the document fleet version 12: "log.level" must be one of trace, debug, info, warn, error, fatal, silent',
    '0 the document device version 13: "cameras.gate.fps" must be a number',
  ]);
  t.match(await fault({ models: { people: null } }), [
    /fleet version 12: "models" must name/,
    /fleet version 12: "cameras\.gate\.model" names a model that is not/,
  ]);
  t.match(await fault({ models: { people: { bundle: 'https://h/x' } } }), [/nothing vouches for it/]);
  t.match(await fault({ cameras: [] }), [/fleet version 12: "cameras" must be a mapping/]);
  t.match(await fault({ cameras: { gate: null } }), [/"cameras" must name at least one/]);
  t.match(await fault({ models: { 'a.b': { bundle: 'https://h/x', sha256: 'a'.repeat(64) } } }), [
    /the name in/,
  ]);
});

t.test('a local file that is not good by itself is not cured by a document', async (t) => {
  const text = localFile('desired: true', 'log: {level: loud}\n');
  const overlay = desiredOverlay([{ scope: 'fleet', version: 1, config: { log: { level: 'info' } } }]);
  await t.rejects(loadLocal(text, overlay), { code: 'CONFIG_INVALID', problems: [{ line: 5 }] });
});

t.test('passwords of a document are secrets as those of the file are', async (t) => {
  const overlay = desiredOverlay([
    { scope: 'fleet', version: 1, config: { cameras: { gate: { source: 'rtsp://u:swordfish@h/' } } } },
  ]);
  const { secrets } = await loadLocal(localFile(), overlay);
  t.ok(secrets.includes('swordfish') && secrets.includes('hunter22'));
});

t.test('a document that is all wrong costs little to tell of', async (t) => {
  const wrong = Object.fromEntries(
    Array.from({ length: 4000 }, (_, index) => [`${'k'.repeat(50)}${index}`.repeat(2), 1]),
  );
  const { messages } = await merged('desired: true', wrong);
  t.equal(messages?.length, 100);
  t.ok(messages?.every(({ path }) => path.length <= 64));
});

t.test('the paths that a document is about can be listed', (t) => {
  t.strictSame(pathsOf({ a: { b: { c: 1, d: null } }, e: {}, f: [1, { g: 2 }] }), [
    'a.b.c',
    'a.b.d',
    'e',
    'f',
  ]);
  t.end();
});
