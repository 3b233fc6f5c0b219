/** What a broker sends, before the library sees it. */
import { PassThrough, Writable } from 'node:stream';
import t from 'tap';
import { IncomingBytes, readAcknowledgements } from '../../dist/publish/incoming-bytes.js';

/** A stream that the library reads as it does: through a pipe. */
function rig(maxBytes = 1000) {
  const heard: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('error', () => {});
  stream.pipe(new Writable({ write: (chunk, _, done) => done(void heard.push(chunk)) }));
  const incoming = new IncomingBytes(maxBytes);
  incoming.watch({ stream } as unknown as Parameters<IncomingBytes['watch']>[0]);
  const send = async (...bytes: number[]) => {
    stream.write(Buffer.from(bytes));
    await new Promise(setImmediate);
  };
  return { incoming, stream, send, heard: () => [...Buffer.concat(heard)] };
}

t.test('what is not taken goes to the library as it came', async (t) => {
  const { incoming, send, heard } = rig();
  await send(0x20, 2, 0, 0);
  incoming.use((chunk) => (chunk[0] === 0x40 ? 4 : 0));
  await send(0x40, 2, 0, 1, 0xd0, 0);
  await send(0x40, 2, 0, 2);
  await send(0xd0, 0);
  t.same(heard(), [0x20, 2, 0, 0, 0xd0, 0, 0xd0, 0]);
});

t.test('bytes in the middle of a packet are not read as another one', async (t) => {
  const { incoming, send, heard } = rig();
  incoming.use((chunk) => (chunk[0] === 0x40 ? 4 : 0));
  await send(0x30, 7, 0, 1);
  await send(0x40, 2, 0, 1, 9);
  await send(0x40, 2, 0, 1);
  t.same(heard(), [0x30, 7, 0, 1, 0x40, 2, 0, 1, 9]);
});

t.test('a packet that is too large ends the connection, also behind acknowledgements', async (t) => {
  const { incoming, stream, send } = rig();
  incoming.use((chunk) => (chunk[0] === 0x40 ? 4 : 0));
  await send(0x40, 2, 0, 1, 0x30, 0xff, 0xff, 0xff, 0x7f);
  t.match(stream.errored, { message: /oversized/ });
});

/** What is read as acknowledged, and how far. */
function read(version: '5' | '3.1.1', ...bytes: number[]) {
  const acknowledged: [number, number][] = [];
  const taken = readAcknowledgements(Buffer.from(bytes), version, (...each) => acknowledged.push(each));
  return [taken, ...acknowledged];
}

t.test('acknowledgements are read, with their reasons', async (t) => {
  t.same(read('3.1.1', 0x40, 2, 1, 2, 0x40, 2, 0, 7), [8, [0x102, 0], [7, 0]]);
  t.same(read('5', 0x40, 3, 0, 1, 16, 0x40, 4, 0, 2, 0x87, 0), [11, [1, 16], [2, 0x87]]);
});

t.test('what is no plain acknowledgement, or not whole, is left', async (t) => {
  const ack = [0x40, 2, 0, 1];
  const one = [4, [1, 0]];
  t.same(read('5'), [0]);
  t.same(read('5', 0x90, 3, 0, 1, 0), [0]);
  t.same(read('5', ...ack, 0x30, 2, 0, 0), one);
  t.same(read('5', ...ack, 0x40, 2, 0), one);
  t.same(read('5', ...ack, 0x40, 3, 0, 1), one);
  t.same(read('5', ...ack, 0x40, 0, 0, 0), one, 'too short');
  t.same(read('5', ...ack, 0x40, 7, 0, 1, 0x97, 3, 0x1f, 0, 0), one, 'with properties');
  t.same(read('3.1.1', ...ack, 0x40, 3, 0, 1, 0), one, 'not of this version');
  t.same(read('5', ...ack, 0x40, 0x82, 0, 1), one, 'of a longer length');
});
