/** Stored messages with a real disk, a real broker, and processes that are killed. */
import { execFileSync, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { Announcer } from '../../dist/publish/announcer.js';
import { mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { mqttConfig } from '../helpers/mqtt-config.js';
import { mqttWatcher } from '../helpers/mqtt-watcher.js';
import { OutboxRig, seqs, told } from '../helpers/outbox-rig.js';
import { until } from '../helpers/until.js';

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const settings = {
  ...{
    enabled: true,
    store: ['events' as const],
    max_mb: 64,
    max_age_h: 168,
    sync_s: 5,
    replay_per_s: 10_000,
  },
};
const { signal } = new AbortController();

/** Runs a child that stores, and kills it once `groups` writes are told; resolves with what it had written by then. */
async function killedAfter(folder: string, bootId: string, groups: number): Promise<number> {
  const child = fork(new URL('../helpers/storing-child.js', import.meta.url), [folder, bootId], {
    silent: true,
  });
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.split('\n').length > groups) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1));
}

t.test('a process that is killed loses nothing that was written', async (t) => {
  const folder = t.testdir();
  const written = new Map<string, number>();
  for (const groups of [1, 3, 40, 200])
    written.set(`k${groups}`, await killedAfter(join(folder, 'outbox'), `k${groups}`, groups));
  const rig = new OutboxRig(t, folder, { bootId: 'last' });
  await rig.outbox.start();
  const previous = rig.changes[0]?.previous ?? [];
  t.same(
    previous.map(({ boot_id }) => boot_id),
    [...written.keys()],
  );
  const broker = rig.connect();
  await rig.delivered(rig.outbox.counters().waiting);
  for (const { boot_id, streams } of previous) {
    const came = seqs(broker, 'events', boot_id);
    t.ok(came.length >= (written.get(boot_id) ?? 0), `${boot_id}: all that was told to be written`);
    t.same(came, range(0, (streams['events'] ?? 0) + 1), 'in order, without a gap, to the end that is known');
  }
});

t.test('a broker hears all in order, whether it hung or was left', { skip: noMosquitto }, async (t) => {
  const broker = await mosquitto(t);
  const folder = join(t.testdir(), 'outbox');
  const log = pino({ level: 'silent' });
  const voice = new Announcer({
    ...{ bootId: 'b1', version: '1.2.3', clock: systemClock, log, outbox: { folder, settings } },
  });
  t.teardown(() => voice.close());
  const happens = (each: number) =>
    voice.event({ type: 'remedy', message: `number ${each}`, severity: 'info', fields: { act: 'none' } });
  const watcher = await mqttWatcher(t, broker.url, 'detectd/dock-3/events', { protocolVersion: 5 });
  const config = mqttConfig({ broker: broker.url });
  await voice.start(config, 'dock-3', signal);
  for (const each of range(0, 50)) happens(each);
  await until(() => voice.stored().waiting === 0);
  broker.freeze();
  for (const each of range(50, 400)) happens(each);
  await until(() => voice.stored().written === 401);
  t.equal(voice.stored().waiting, 350);
  broker.thaw();
  await until(() => voice.stored().waiting === 0);
  const moving = voice.move(config, 'dock-3', signal);
  for (const each of range(400, 450)) happens(each);
  await moving;
  const heard = await watcher.collect((messages) => messages.length >= 451, 30_000);
  t.same(
    heard.map(({ text }) => JSON.parse(text).seq),
    range(0, 451),
  );
});

/** An announcer on a real broker, and what it says. */
async function heardOf(t: Test, settingsOfBroker: string[], options: object) {
  const broker = await mosquitto(t, settingsOfBroker);
  const folder = join(t.testdir(), 'outbox');
  const log = pino({ level: 'silent' });
  const voice = new Announcer({
    ...{ bootId: 'b1', version: '1.2.3', clock: systemClock, log, outbox: { folder, settings } },
  });
  t.teardown(() => voice.close());
  const watcher = await mqttWatcher(t, broker.url, 'detectd/dock-3/events', { protocolVersion: 5 });
  await voice.start(mqttConfig({ broker: broker.url, ...options }), 'dock-3', signal);
  const happens = (message: string) => voice.event({ type: 'remedy', message, severity: 'info' });
  return { voice, watcher, happens };
}

t.test('what the broker finds too large is lost alone', { skip: noMosquitto }, async (t) => {
  const { voice, watcher, happens } = await heardOf(
    t,
    ['allow_anonymous true', 'message_size_limit 6000'],
    {},
  );
  for (const each of range(0, 40)) happens(each % 10 === 5 ? 'x'.repeat(8000) : `number ${each}`);
  await until(() => voice.stored().lost['too-large'] === 4);
  await until(() => voice.stored().waiting === 0);
  const heard = await watcher.collect((messages) => messages.some(({ text }) => text.includes('"lost"')));
  t.ok(heard.length >= 37);
  t.equal(voice.counters().reconnects, 0, 'on the connection that there was');
});

/** Without MQTT 5 nobody says how much it takes, and it has no way to refuse. */
t.test('a broker that closes the connection keeps nothing else from it', { skip: noMosquitto }, async (t) => {
  const limits = ['allow_anonymous true', 'max_packet_size 6000'];
  const { voice, watcher, happens } = await heardOf(t, limits, { protocol: '3.1.1' });
  for (const each of range(0, 40)) happens(each % 10 === 5 ? 'x'.repeat(8000) : `number ${each}`);
  await until(() => voice.stored().lost['too-large'] === 4, 60_000);
  await until(() => voice.stored().waiting === 0, 20_000);
  const heard = await watcher.collect((messages) => messages.some(({ text }) => text.includes('"lost"')));
  const seqs = new Set(heard.map(({ text }) => JSON.parse(text).seq));
  const missing = range(0, 41).filter((seq) => !seqs.has(seq));
  t.same(missing, [6, 16, 26, 36]);
  const { lost } = voice.stored();
  t.equal(lost.refused, 0);
});

/** Every file of the store, damaged in one way after the other. */
t.test('no damage to any file keeps it from starting, or makes it send what was not', async (t) => {
  const whole = async (folder: string) => {
    const rig = new OutboxRig(t, folder, { bootId: 'before' });
    await rig.outbox.start();
    // Enough for a table beside the log.
    for (let each = 0; each < 20; each += 1) {
      rig.add(40, 'events', 2, 'x'.repeat(1000));
      await rig.outbox.flush();
    }
    await rig.outbox.close();
  };
  const names = ['CURRENT', 'MANIFEST', '.log', '.ldb', 'LOG'];
  for (const name of names)
    for (const damage of ['truncated', 'deleted', 'overwritten', 'unreadable'] as const) {
      if (damage === 'unreadable' && process.getuid?.() === 0) continue;
      const folder = t.testdir();
      await whole(folder);
      const store = join(folder, 'outbox');
      const file = (await readdir(store)).find((each) => each.startsWith(name) || each.endsWith(name));
      if (file === undefined) continue;
      const path = join(store, file);
      const { size } = await stat(path);
      if (damage === 'truncated') await truncate(path, Math.floor(size / 2));
      if (damage === 'deleted') await rm(path);
      if (damage === 'overwritten') await writeFile(path, Buffer.alloc(size, 0xa5));
      if (damage === 'unreadable') await chmod(path, 0);
      const rig = new OutboxRig(t, folder, { bootId: 'after' });
      await rig.outbox.start();
      rig.add(10);
      const broker = rig.connect();
      await until(() => seqs(broker, 'events', 'after').length >= 10);
      await until(() => !rig.outbox.counters().replaying && rig.outbox.counters().waiting === 0);
      const came = told(broker).filter(({ boot }) => boot === 'before');
      const which = `${damage} ${name}`;
      t.equal(new Set(came.map(({ seq }) => seq)).size, came.length, `${which}: none comes twice`);
      // Nobody can know that a file was ever longer.
      const unseen = name === 'LOG' || (damage === 'truncated' && name === '.log');
      if (came.length < 800 && !unseen) {
        await until(() => rig.outbox.counters().lost.corrupt > 0);
        t.pass(`${which}: what is missing is told`);
      } else t.pass(`${which}: ${came.length} of 800 came`);
      await rig.outbox.close();
    }
});

/** A file system of 2 MB; undefined where none can be mounted. */
async function tinyDisk(t: Test): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'detectd-outbox-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]).status !== 0) return undefined;
  t.teardown(() => void spawnSync('umount', ['-l', folder]));
  return folder;
}

t.test('a full disk means memory, until there is room', async (t) => {
  const folder = await tinyDisk(t);
  if (folder === undefined)
    return t.comment('skipped: a small file system cannot be mounted here (not root)');
  const rig = new OutboxRig(t, folder);
  await rig.outbox.start();
  rig.add(20);
  await rig.outbox.flush();
  await mkdir(join(folder, 'others'));
  await writeFile(join(folder, 'others', 'full'), Buffer.alloc(2 * 1024 * 1024)).catch(() => {});
  for (let each = 0; each < 40; each += 1) {
    rig.add(20, 'events', 2, 'x'.repeat(1000));
    await rig.outbox.flush();
  }
  t.match(rig.changes.at(-1), { mode: 'memory', error: { code: 'OUTBOX_DISK' } });
  t.match(rig.outbox.health(), { state: 'degraded', reason: /No space left/ });
  await rm(join(folder, 'others'), { recursive: true });
  await rig.outbox.retry();
  t.match(rig.changes.at(-1), { mode: 'disk' });
  t.same(rig.outbox.health(), { state: 'ok', reason: '' });
  const broker = rig.connect();
  await rig.delivered(820);
  t.same(
    [...new Set(seqs(broker))].sort((a, b) => a - b),
    range(0, 820),
    'all of it, from the disk and from memory',
  );
});

t.test('a disk that cannot be written means memory', async (t) => {
  const folder = await tinyDisk(t);
  if (folder === undefined)
    return t.comment('skipped: a small file system cannot be mounted here (not root)');
  execFileSync('mount', ['-o', 'remount,ro', folder]);
  const rig = new OutboxRig(t, folder);
  await rig.outbox.start();
  t.match(rig.changes, [{ mode: 'memory', error: { code: 'OUTBOX_DISK' } }]);
  rig.add(5);
  const broker = rig.connect();
  await rig.delivered(5);
  t.same(seqs(broker), range(0, 5));
});

t.test('a store that another process has open is waited for', async (t) => {
  const folder = t.testdir();
  const first = new OutboxRig(t, folder);
  await first.outbox.start();
  const child = fork(
    new URL('../helpers/storing-child.js', import.meta.url),
    [join(folder, 'outbox'), 'other'],
    {
      silent: true,
    },
  );
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
  first.add(3);
  const broker = first.connect();
  await first.delivered(3);
  t.same(seqs(broker), range(0, 3), 'the other kept to its memory');
});
