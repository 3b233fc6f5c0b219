/** What commands come to: the daemon's own acts behind them, and what is answered when those take long. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { CommandDesk, type CommandDeskOptions } from '../../dist/daemon/command-desk.js';
import type { CommandReplyPayload } from '../../dist/publish/schemas/command-schema.js';
import { loadLocal, localFile } from '../helpers/desired.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';
import { logLines } from '../helpers/log-lines.js';
import { until } from '../helpers/until.js';

const ALL = 'commands: [ping, reload, recycle, snapshot, record, engines, camera]';

async function rig(t: Test, overrides: Partial<CommandDeskOptions> = {}, begun = true, more = '') {
  const clock = new FakeClock();
  const loaded = await loadLocal(localFile(ALL, more));
  const sent: CommandReplyPayload[] = [];
  let hear: Parameters<CommandDeskOptions['announcer']['listen']>[1] = () => {};
  const desk = new CommandDesk({
    ...{ clock, log: logLines().log, version: '1.2.3', bootId: 'b1', tell: () => {} },
    env: { CACHE_DIRECTORY: join(t.testdir(), 'cache') },
    announcer: {
      listen: (_filter, given) => {
        hear = given;
        return () => {};
      },
      answer: (_topic, payload) => sent.push(payload as CommandReplyPayload),
      models: new Map(),
      state: { state: 'ready', reason: '' },
    },
    loaded: () => loaded,
    reload: async () => undefined,
    renew: async () => 42,
    switchCamera: async (camera, enabled) => ({ camera, enabled }),
    snapshot: async (camera, quality) => ({ camera, quality }),
    record: async (camera) => ({ camera, recordings: [] }),
    ...overrides,
  });
  desk.configure(loaded);
  if (begun) desk.begin();
  const ask = async (name: string, payload: string | Buffer = '', responseTopic = '') => {
    const before = sent.length;
    hear(
      Buffer.from(payload),
      { retained: false, properties: { responseTopic } },
      `detectd/dock-3/cmd/${name}`,
    );
    await settle();
    return { answered: () => sent.length > before, last: () => sent.at(-1) };
  };
  t.teardown(() => desk.close());
  return { ask, clock, sent, desk };
}

t.test('ping tells the version, how long it runs and how it is', async (t) => {
  const { ask, clock, sent } = await rig(t);
  clock.advance(61_500);
  await ask('ping');
  t.strictSame(sent[0]?.result, { version: '1.2.3', uptime_s: 61, state: 'ready' });
});

t.test('each command reaches its act', async (t) => {
  const { ask, sent } = await rig(t);
  await ask('reload');
  await ask('recycle');
  await ask('camera', '{"camera":"gate","enabled":false}');
  await ask('snapshot', '{"camera":"gate","quality":50}');
  t.strictSame(
    sent.map(({ result }) => result),
    [
      { done: true },
      { done: true, worker: 42 },
      { done: true, camera: 'gate', enabled: false },
      { camera: 'gate', quality: 50 },
    ],
  );
});

t.test('a reload that is refused is answered with its reason', async (t) => {
  const { ask, sent } = await rig(t, {
    reload: async () => new DetectdError('CONFIG_INVALID', 'The file has a problem.'),
  });
  await ask('reload');
  t.match(sent[0], { ok: false, error: { code: 'CONFIG_INVALID' } });
});

t.test('what takes longer than a minute is answered as not done yet', async (t) => {
  const { ask, clock, sent } = await rig(t, { renew: () => new Promise(() => {}) });
  await ask('recycle');
  t.equal(sent.length, 0);
  await clock.advanceAsync(60_000);
  t.match(sent[0], { ok: true, result: { done: false } });
  t.equal(clock.pending, 0);
});

t.test('engines of a cache that is not there yet are none', async (t) => {
  const { ask, sent } = await rig(t);
  await ask('engines');
  await until(() => sent.length > 0);
  t.match(sent[0], { ok: true, result: { models: {}, cache: { engines: 0, bytes: 0 }, engines: [] } });
});

t.test('while the daemon starts it is heard and pinged, and what changes something waits', async (t) => {
  const { ask, sent, desk } = await rig(t, {}, false);
  await ask('reload');
  await ask('ping');
  t.strictSame(
    sent.map(({ command }) => command),
    ['ping'],
  );
  desk.begin();
  await settle();
  t.strictSame(
    sent.map(({ command }) => command),
    ['ping', 'reload'],
  );
});

t.test('commands in CBOR are understood, and bad CBOR is not', async (t) => {
  const { ask, sent } = await rig(t);
  // {"camera": "gate", "enabled": false}
  await ask('camera', Buffer.from('a26663616d657261646761746567656e61626c6564f4', 'hex'));
  t.match(sent[0], { ok: true, result: { camera: 'gate', enabled: false } });
  for (const hex of ['a1', 'bfbfbfff', `a1${'81'.repeat(5000)}`, 'a16161c11a514b67b0', 'bb7fffffffffffffff'])
    await ask('ping', Buffer.from(hex, 'hex'));
  t.strictSame(
    sent.slice(1).map(({ error }) => error?.code),
    Array(5).fill('COMMAND_INVALID'),
  );
});

t.test('nobody is answered on a topic of another form, whatever names are in it', async (t) => {
  const outputs = `outputs:
  deepstream: {topic: "nv/{camera}/{device}"}
  dlstreamer: {topic: "{camera}"}
  frigate: {topic: "nvr/{device}"}
`;
  const { ask, sent } = await rig(t, {}, true, outputs);
  for (const topic of ['nv/gate/dock-3', 'gate/x', 'nvr/dock-3/events', 'homeassistant/status', 'nv/answers'])
    await ask('ping', '', topic);
  t.strictSame(
    sent.map(({ ok }) => ok),
    [false, false, false, false, true],
  );
});
