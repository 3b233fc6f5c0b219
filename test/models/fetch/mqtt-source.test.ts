/** Archives in chunks from a broker that holds them, holds something else, or is silent. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { fetchModel } from '../../../dist/models/fetch/fetch-model.js';
import type { ChunkTopics } from '../../../dist/models/fetch/fetch-options.js';
import { archive, fetchOptions, sha256, target } from '../../helpers/fetching.js';

const CONTENT = archive(100_000);
const CHUNK = 4096;
const SOURCE = { kind: 'mqtt', topic: 'site/people' } as const;

/** A broker with retained messages that remembers what was asked for. */
class Broker implements ChunkTopics {
  readonly retained = new Map<string, Buffer>();
  readonly asked: string[] = [];
  readonly #receivers = new Map<string, (payload: Buffer) => void>();
  most = 0;
  refuse = false;

  constructor(content: Buffer, more: object = {}) {
    this.put(content, more);
  }

  get open(): number {
    return this.#receivers.size;
  }

  put(content: Buffer, more: object = {}): void {
    const chunks = Math.ceil(content.length / CHUNK);
    const digests: string[] = [];
    for (let index = 0; index < chunks; index += 1) {
      const chunk = content.subarray(index * CHUNK, (index + 1) * CHUNK);
      digests.push(createHash('sha256').update(chunk).digest('hex'));
      this.retained.set(`site/people/chunk/${index}`, chunk);
    }
    const facts = { schema: 1, size: content.length, sha256: sha256(content), chunk_bytes: CHUNK, chunks };
    const manifest = { ...facts, chunk_sha256: digests, minisig: 'signed', ...more };
    this.publish('site/people/manifest', Buffer.from(JSON.stringify(manifest)));
  }

  publish(topic: string, payload: Buffer): void {
    this.retained.set(topic, payload);
    this.#receivers.get(topic)?.(payload);
  }

  async subscribe(topic: string, onMessage: (payload: Buffer) => void): Promise<void> {
    if (this.refuse) throw new Error('not authorised');
    this.asked.push(topic);
    this.#receivers.set(topic, onMessage);
    this.most = Math.max(this.most, this.#receivers.size);
    const payload = this.retained.get(topic);
    // Later chunks come first.
    if (payload !== undefined)
      setTimeout(() => this.#receivers.get(topic)?.(payload), this.#receivers.size % 2);
  }

  unsubscribe(topic: string): void {
    this.#receivers.delete(topic);
  }
}

t.test('an archive comes chunk by chunk, a few at a time, with its signature', async (t) => {
  const topics = new Broker(CONTENT);
  const fetched = await fetchModel(target(SOURCE, CONTENT), {
    ...fetchOptions(t),
    topics,
    wantSignature: true,
  });
  t.match(fetched, { sha256: sha256(CONTENT), minisig: 'signed', doubtful: false });
  t.ok(readFileSync(fetched.archivePath).equals(CONTENT));
  t.ok(topics.most <= 5, `${topics.most} topics at once`);
  t.equal(topics.open, 0, 'none stays open');
});

t.test('a chunk that is missing is waited for, then it goes on where it was', async (t) => {
  const topics = new Broker(CONTENT);
  const missing = topics.retained.get('site/people/chunk/9') as Buffer;
  topics.retained.delete('site/people/chunk/9');
  const options = { ...fetchOptions(t), topics };
  const fault = await fetchModel(target(SOURCE, CONTENT), options).catch((error) => error);
  t.match(fault, { code: 'UPDATE_FETCH', again: 'soon', message: /Nothing came from mqtt:site\/people/ });
  t.equal(topics.open, 0);
  topics.publish('site/people/chunk/9', missing);
  topics.asked.length = 0;
  t.equal((await fetchModel(target(SOURCE, CONTENT), options)).sha256, sha256(CONTENT));
  t.equal(topics.asked[1], 'site/people/chunk/9');
});

t.test('chunks that are wrong are never taken', async (t) => {
  const cases: [string, (topics: Broker) => void, RegExp][] = [
    ['short', (topics) => topics.publish('site/people/chunk/3', Buffer.alloc(10)), /chunk 3 has 10 bytes/],
    ['damaged', (topics) => topics.publish('site/people/chunk/3', Buffer.alloc(CHUNK)), /chunk 3 is damaged/],
    ['removed', (topics) => topics.publish('site/people/chunk/3', Buffer.alloc(0)), /chunk 3 was removed/],
    [
      'damaged, without digests of chunks',
      (topics) => {
        topics.put(CONTENT, { chunk_sha256: undefined });
        topics.publish('site/people/chunk/3', Buffer.alloc(CHUNK));
      },
      /do not add up/,
    ],
    ['no manifest', (topics) => topics.publish('site/people/manifest', Buffer.from('x')), /no manifest/],
    [
      'an empty manifest',
      (topics) => topics.publish('site/people/manifest', Buffer.alloc(0)),
      /there is none/,
    ],
  ];
  for (const [name, harm, message] of cases) {
    const topics = new Broker(CONTENT);
    harm(topics);
    const fault = await fetchModel(target(SOURCE, CONTENT), { ...fetchOptions(t), topics }).catch(
      (error) => error,
    );
    t.match(fault, { code: 'UPDATE_FETCH', message }, name);
  }
});

t.test('an archive that is replaced meanwhile is begun anew', async (t) => {
  const other = archive(90_000, 'other');
  const topics = new Broker(CONTENT);
  let replaced = false;
  const onProgress = ({ done }: { done: number }): void => {
    if (done === 0 || replaced) return;
    replaced = true;
    topics.put(other);
  };
  const fetched = await fetchModel(target(SOURCE), { ...fetchOptions(t), topics, onProgress });
  t.equal(fetched.sha256, sha256(other));
  t.ok(replaced);
});

t.test('without a broker, or with one that refuses, it says so', async (t) => {
  await t.rejects(fetchModel(target(SOURCE), fetchOptions(t)), {
    again: 'later',
    message: /without a broker/,
  });
  const topics = new Broker(CONTENT);
  topics.refuse = true;
  await t.rejects(fetchModel(target(SOURCE), { ...fetchOptions(t), topics }), {
    again: 'soon',
    message: /refuses site\/people\/manifest: not authorised/,
  });
});
