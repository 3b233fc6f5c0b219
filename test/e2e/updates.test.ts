/** Models of a running daemon are changed over HTTP, by signed archives: adopted, refused, rolled back, resumed. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ModelStatePayload } from '../../dist/publish/model-state-payload.js';
import type { DetectionsPayload } from '../../dist/publish/payloads.js';
import { mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { type MqttWatcher, mqttWatcher } from '../helpers/mqtt-watcher.js';
import { baseConfig, RunningDaemon, runDaemon } from '../helpers/running-daemon.js';
import { type TinyBundleOptions, tinyBundle } from '../helpers/tiny-bundle.js';

const CLI = ['dist/cli.js', 'models'];
const DEADLINE_MS = 90_000;

interface Site {
  folder: string;
  address: string;
  key: string;
  publicKey: string;
  /** Packs and signs a version that the server has from now on. */
  publish: (version: string, options?: TinyBundleOptions) => string;
}

function cli(...args: string[]): string {
  return execFileSync(process.execPath, [...CLI, ...args], { encoding: 'utf8' });
}

async function site(t: Test): Promise<Site> {
  const folder = t.testdir();
  const key = join(folder, 'fleet.key');
  cli('keys', 'generate', '-o', key, '--no-password');
  const server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(folder, new URL(request.url ?? '', 'http://x').pathname)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const publish = (version: string, options: TinyBundleOptions = {}): string => {
    const bundle = tinyBundle(join(folder, version), options);
    writeFileSync(join(bundle, 'manifest.json'), JSON.stringify({ name: 'things', version }));
    const archive = join(folder, `things-${version}.tar.gz`);
    cli('pack', bundle, '-o', archive, '--no-run', '--replace');
    cli('sign', archive, '-k', key);
    return `${address}/things-${version}.tar.gz`;
  };
  const publicKey = join(folder, 'fleet.pub');
  return { folder, address, key, publicKey, publish };
}

interface Rig {
  watcher: MqttWatcher;
  daemon: RunningDaemon;
  change: (bundle: string, more?: object) => void;
  config: (bundle: string, more?: object) => Record<string, unknown>;
}

async function rig(t: Test, { publicKey }: Site, bundle: string, updates: object = {}): Promise<Rig> {
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/test-device/#');
  const config = (from: string, more: object = {}): Record<string, unknown> => ({
    mqtt: { broker: broker.url },
    models: { things: { bundle: from, ...more } },
    cameras: { gate: { source: 'test:ball', model: 'things', fps: 10 } },
    updates: { keys: [publicKey], probation_s: 3, standby_s: 5, ...updates },
  });
  const daemon = runDaemon(t, { config: config(bundle) });
  const change = (from: string, more?: object): void => {
    daemon.writeConfig(baseConfig(daemon.folder, config(from, more)));
    daemon.signal('SIGHUP');
  };
  return { watcher, daemon, change, config };
}

/** The first state of the model, from now on or before, that fits. */
async function state(
  watcher: MqttWatcher,
  fits: (state: ModelStatePayload) => boolean,
): Promise<ModelStatePayload> {
  const parse = (text: string) => JSON.parse(text) as ModelStatePayload;
  const found = await watcher.until(
    ({ topic, text }) => topic.endsWith('/models/things/state') && text !== '' && fits(parse(text)),
    DEADLINE_MS,
  );
  return parse(found.text);
}

const serves = (version: string) => (at: ModelStatePayload) =>
  at.active?.version === version && at.phase === 'serving' && at.update?.phase === 'confirmed';

function detections({ messages }: MqttWatcher): DetectionsPayload[] {
  return messages
    .filter(({ topic }) => topic.endsWith('/detections'))
    .map(({ text }) => JSON.parse(text) as DetectionsPayload);
}

t.test(
  'a signed model is fetched, tried, adopted and followed by the next one, with no message missing',
  { skip: noMosquitto },
  async (t) => {
    const place = await site(t);
    const { watcher, change } = await rig(t, place, place.publish('1.0.0'));
    await state(watcher, serves('1.0.0'));
    const second = place.publish('1.1.0', { score: 0.8 });
    change(second);
    const now = await state(watcher, serves('1.1.0'));
    t.match(now.update, { source: second, version: '1.1.0' });
    const phases = watcher.messages
      .filter(({ topic }) => topic.endsWith('/models/things/state'))
      .map(({ text }) => (JSON.parse(text) as ModelStatePayload).phase);
    t.ok(phases.includes('probation'), phases.join());
    const told = detections(watcher);
    t.strictSame(
      told.map(({ seq }) => seq),
      told.map((_, index) => index),
      'every detection of both is there, in order',
    );
    t.strictSame([...new Set(told.map(({ model }) => model.version))], ['1.0.0', '1.1.0']);
  },
);

t.test(
  'a version that finds nothing is rolled back, remembered over a restart, and tried anew when told',
  { skip: noMosquitto },
  async (t) => {
    const place = await site(t);
    const { watcher, daemon, change, config } = await rig(t, place, place.publish('1.0.0'), {
      probation_s: 20,
    });
    await state(watcher, ({ phase }) => phase === 'probation');
    await watcher.collect(() => detections(watcher).length > 60, DEADLINE_MS);
    await state(watcher, serves('1.0.0'));
    change(place.publish('1.1.0', { score: 0.1 }));
    const back = await state(watcher, ({ update }) => update?.phase === 'rolled_back');
    t.equal(back.update?.error?.code, 'MODEL_FINDS_NOTHING');
    const from = watcher.messages.length;
    await watcher.until(
      (message) =>
        watcher.messages.indexOf(message) >= from &&
        message.topic.endsWith('/detections') &&
        (JSON.parse(message.text) as DetectionsPayload).model.version === '1.0.0',
      DEADLINE_MS,
    );

    daemon.signal('SIGKILL');
    await daemon.exited;
    const before = watcher.messages.length;
    const again = new RunningDaemon(daemon.folder, daemon.configFile, [], process.env);
    t.teardown(async () => {
      again.signal('SIGKILL');
      await again.exited;
    });
    const after = await watcher.until(
      (message) => watcher.messages.indexOf(message) >= before && message.topic.endsWith('/detections'),
      DEADLINE_MS,
    );
    t.equal((JSON.parse(after.text) as DetectionsPayload).model.version, '1.0.0', 'it is not tried again');
    again.writeConfig(
      baseConfig(daemon.folder, config(`${place.address}/things-1.1.0.tar.gz`, { attempt: 2 })),
    );
    again.signal('SIGHUP');
    await again.line(/model "things" 1\.1\.0: active/);
  },
);

t.test(
  'what must not be taken is refused with its code, and nothing changes',
  { skip: noMosquitto },
  async (t) => {
    const place = await site(t);
    const { watcher, change, daemon } = await rig(t, place, place.publish('1.0.0'));
    await state(watcher, serves('1.0.0'));
    const archive = (version: string): string => join(place.folder, `things-${version}.tar.gz`);
    const cases: [string, string, () => string][] = [
      [
        'a signature of another archive',
        'MODEL_BAD_SIGNATURE',
        () => {
          const url = place.publish('1.2.0');
          place.publish('1.2.1');
          writeFileSync(`${archive('1.2.0')}.minisig`, readFileSync(`${archive('1.2.1')}.minisig`));
          return url;
        },
      ],
      ['an older version', 'MODEL_TOO_OLD', () => place.publish('0.9.0', { score: 0.7 })],
      ['other classes', 'MODEL_CLASSES', () => place.publish('1.3.0', { labels: ['other'] })],
      ['one that takes all memory', 'MODEL_FAILS', () => place.publish('1.4.0', { hog: true })],
    ];
    for (const [what, code, publish] of cases) {
      change(publish());
      const refused = await state(watcher, ({ update }) => update?.error?.code === code);
      t.equal(refused.update?.phase, 'failed', what);
    }
    t.equal(detections(watcher).at(-1)?.model.version, '1.0.0');
    t.notOk(
      daemon.lines.some(({ msg }) => msg.startsWith('worker failed')),
      'no worker was taken with it',
    );
  },
);

t.test('killed in the midst of a change, it goes on with it', { skip: noMosquitto }, async (t) => {
  const place = await site(t);
  const { watcher, change, daemon } = await rig(t, place, place.publish('1.0.0'));
  await state(watcher, serves('1.0.0'));
  change(place.publish('1.1.0', { score: 0.8 }));
  await daemon.line(/model "things" 1\.1\.0: trial/);
  daemon.signal('SIGKILL');
  await daemon.exited;
  const again = new RunningDaemon(daemon.folder, daemon.configFile, [], process.env);
  t.teardown(async () => {
    again.signal('SIGKILL');
    await again.exited;
  });
  await state(watcher, serves('1.1.0'));
  t.equal(detections(watcher).at(-1)?.model.version, '1.1.0');
});
