/** Sending an archive in chunks: the order of what is sent, what waits for what, and what cuts it short. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { ChunkSender, describeArchive } from '../../dist/commands/chunk-sender.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';

const TEXT = 'abcdefghij'.repeat(500);

function sender(change: { signal?: AbortSignal } = {}) {
  const connection = new BrokerDouble();
  const clock = new FakeClock();
  let sent = 0;
  const onSent = (): void => {
    sent += 1;
  };
  const signal = new AbortController().signal;
  const options = { connection, topic: 'm', clock, signal, timeoutMs: 1000, onSent, ...change };
  const made = new ChunkSender(options);
  made.start();
  return { connection, clock, sender: made, sent: () => sent };
}

function file(t: Test, text = TEXT): string {
  const path = join(t.testdir({}), 'a.tar.gz');
  writeFileSync(path, text);
  return path;
}

t.test('an archive is described with a digest of each chunk', async (t) => {
  const manifest = await describeArchive(file(t), 2048, 1e6);
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');
  t.strictSame(manifest, {
    schema: 1,
    size: 5000,
    sha256: digest(TEXT),
    chunk_bytes: 2048,
    chunks: 3,
    chunk_sha256: [TEXT.slice(0, 2048), TEXT.slice(2048, 4096), TEXT.slice(4096)].map(digest),
  });
  t.equal((await describeArchive(file(t, 'x'.repeat(2049 * 1024)), 1024, 1e7)).chunk_sha256, undefined);
  await t.rejects(describeArchive(file(t), 2048, 4999), { code: 'EFBIG' });
});

t.test(
  'what was there goes first, the chunks come, then what is too much goes, the manifest last',
  async (t) => {
    const path = file(t);
    const manifest = await describeArchive(path, 2048, 1e6);
    const { connection, sender: made, sent } = sender();
    await made.put(path, manifest, { ...manifest, chunks: 5 });
    t.strictSame(
      connection.sent.map(({ topic, payload }) => `${topic} ${payload.length}`),
      [
        'm/manifest 0',
        'm/chunk/0 2048',
        'm/chunk/1 2048',
        'm/chunk/2 904',
        'm/chunk/3 0',
        'm/chunk/4 0',
        `m/manifest ${JSON.stringify(manifest).length}`,
      ],
    );
    t.ok(connection.sent.every(({ options }) => options.retain && options.qos === 1));
    t.equal(
      connection.sent
        .map(({ payload }) => payload)
        .join('')
        .slice(0, 5000),
      TEXT,
    );
    t.equal(sent(), 7);
  },
);

t.test('no more than a few wait for the broker, which may refuse, be silent or go', async (t) => {
  const path = file(t, 'x'.repeat(20_000));
  const manifest = await describeArchive(path, 1024, 1e6);
  const held = async (end: (parts: ReturnType<typeof sender>) => unknown, stop = new AbortController()) => {
    const parts = sender({ signal: stop.signal });
    parts.connection.prompt = false;
    const error = parts.sender.put(path, manifest, undefined).catch((thrown) => thrown);
    while (parts.connection.sent.length < 4) await settle();
    await settle();
    t.equal(parts.connection.sent.length, 4);
    end(parts);
    return error;
  };
  const no = new DetectdError('MQTT_REFUSED', 'No.');
  t.equal(await held(({ connection }) => connection.sent[2]?.acknowledge?.(no)), no);
  t.match(await held(({ clock }) => clock.advance(1000)), {
    code: 'MQTT_UNREACHABLE',
    message: /within 1 s/,
  });
  t.match(await held(({ connection }) => connection.destroy()), { code: 'MQTT_UNREACHABLE' });
  const stop = new AbortController();
  t.match(await held(() => stop.abort(new Error('enough')), stop), { message: 'enough' });
});

t.test(
  'an archive that changes while it is sent gets no manifest, a chunk that is too large is not sent',
  async (t) => {
    const path = file(t);
    const manifest = await describeArchive(path, 2048, 1e6);
    writeFileSync(path, TEXT.toUpperCase());
    const { connection, sender: made } = sender();
    await t.rejects(made.put(path, manifest, undefined), { code: 'BUNDLE_ARCHIVE', message: /changed/ });
    t.notOk(connection.sent.some(({ topic }) => topic === 'm/manifest'));
    connection.maxPacketBytes = 2000;
    await t.rejects(made.put(path, manifest, undefined), { code: 'USAGE', hint: /--chunk-kb/ });
  },
);
