/** What Home Assistant is told follows the configuration and what was loaded, and is remembered in a file. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import type { LoadedConfig } from '../../dist/config/load.js';
import { configSchema } from '../../dist/config/schema.js';
import { HomeAssistantDesk } from '../../dist/daemon/home-assistant-desk.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { modelReport } from '../helpers/worker-parts.js';

const TOPIC = 'homeassistant/device/detectd_dock-3/config';

function rig(t: Test) {
  const state = t.testdir();
  const said: [string, string][] = [];
  const desk = new HomeAssistantDesk({
    env: {},
    clock: new FakeClock(),
    log: pino({ level: 'silent' }),
    hostname: 'host',
    version: '1.2.3',
    announcer: { foreign: (topic, text) => said.push([topic, text]), listen: () => () => {} },
  });
  const loaded = (enabled: boolean, more: object = {}): LoadedConfig =>
    ({
      config: configSchema.parse({
        device: { id: 'dock-3' },
        paths: { state },
        models: { people: { bundle: 'b' }, unused: { bundle: 'c' } },
        cameras: { gate: { source: 'test:ball', model: 'people' } },
        home_assistant: { enabled, labels: ['person'] },
        ...more,
      }),
    }) as LoadedConfig;
  return { state, said, desk, loaded, file: join(state, 'home-assistant.json') };
}

const ids = (text: string | undefined) => Object.keys(JSON.parse(text ?? '{"components":{}}').components);

t.test('labels come with the model, buttons with the commands', async (t) => {
  const { desk, loaded, said } = rig(t);
  await desk.start(loaded(true));
  t.notOk(ids(said[0]?.[1]).includes('camera.gate.person_count'), 'nothing is loaded');
  t.ok(ids(said[0]?.[1]).includes('model.people.update'));
  t.notOk(ids(said[0]?.[1]).includes('model.unused.update'));
  desk.info({ models: [{ ...modelReport(), labels: ['person'] }], fingerprint: undefined });
  t.ok(ids(said[1]?.[1]).includes('camera.gate.person_count'));
  t.notOk(ids(said[1]?.[1]).includes('reload'));
  desk.configure(loaded(true, { remote: { commands: ['reload'] } }));
  t.ok(ids(said[2]?.[1]).includes('reload'));
  await desk.close();
});

t.test('it is remembered, and forgotten when it is disabled', async (t) => {
  const { desk, loaded, said, file } = rig(t);
  await desk.start(loaded(true));
  await desk.close();
  t.match(JSON.parse(readFileSync(file, 'utf8')), { topic: TOPIC, components: { temperature: 'sensor' } });
  const next = rig(t);
  writeFileSync(next.file, JSON.stringify({ topic: TOPIC, components: {} }));
  await next.desk.start(next.loaded(false));
  await next.desk.close();
  t.strictSame(next.said, [[TOPIC, '']]);
  t.notOk(existsSync(next.file));
  t.equal(said.length, 1);
});

t.test('a file that is damaged, or names a topic that nobody may publish to, is as none', async (t) => {
  for (const content of [
    '{',
    '[]',
    '{"topic":"a/#","components":{}}',
    '{"topic":"a","components":{"x":"rocket"}}',
  ]) {
    const { desk, loaded, said, file } = rig(t);
    writeFileSync(file, content);
    await desk.start(loaded(true));
    t.strictSame(
      said.map(([topic]) => topic),
      [TOPIC],
      content,
    );
    await desk.close();
  }
});
