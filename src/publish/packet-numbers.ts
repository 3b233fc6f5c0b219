/**
 * The MQTT library makes a buffer of each number from 0 to 65535 when it sends its first packet, 7 MB for two bytes that
 * are as quickly written, and keeps one more for each length that a packet ever had: with messages of many lengths memory
 * grows for days. This has it write them instead.
 */
import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';

interface Packet {
  cmd?: string;
  payload?: string | Buffer;
}

/** What the library needs of a stream. */
type Sink = Pick<Writable, 'write' | 'destroy'>;

interface PacketWriter {
  (packet: Packet, stream: Sink, options?: object): boolean;
  cacheNumbers?: boolean;
}

interface PacketLibrary {
  writeToStream: PacketWriter;
}

/** What four bytes of seven bits hold. */
const MAX_LENGTH = 0x0fffffff;

/** The libraries that were seen to. */
const mended = new WeakSet<PacketLibrary>();

/** Must come before the first packet. The library of the client is the embedded broker's, too. */
export function keepNoNumbers(): void {
  // It is a dependency of mqtt, which lends it to nobody.
  const require = createRequire(import.meta.url);
  const library = createRequire(require.resolve('mqtt'))('mqtt-packet') as PacketLibrary;
  if (mended.has(library)) return;
  mended.add(library);
  const write = library.writeToStream;
  write.cacheNumbers = false;
  library.writeToStream = (packet, stream, options) =>
    packet.cmd === 'publish' && packet.payload
      ? writeMessage(write, packet, stream as Writable, options)
      : write(packet, stream, options);
}

/** Has the library write the message without its payload, which has few lengths, and puts the true length in. */
function writeMessage(write: PacketWriter, packet: Packet, stream: Writable, options?: object): boolean {
  const { payload = '' } = packet;
  const chunks: (string | Buffer)[] = [];
  const collector = {
    write: (chunk: string | Buffer) => chunks.push(chunk) > 0,
    destroy: (error?: Error) => stream.destroy(error),
  };
  if (!write({ ...packet, payload: '' }, collector as unknown as Sink, options)) return false;
  const [type = '', without, ...rest] = chunks;
  const length = lengthOf(without as Buffer) + Buffer.byteLength(payload);
  if (length > MAX_LENGTH) return write(packet, stream, options);
  // All at once, and with what else is sent in this turn.
  stream.cork();
  process.nextTick(uncork, stream);
  for (const chunk of [type, lengthBytes(length), ...rest]) if (chunk.length > 0) stream.write(chunk);
  return stream.write(payload);
}

/** MQTT's numbers of variable length: seven bits a byte, the lowest first. */
function lengthOf(bytes: Buffer): number {
  return bytes.reduceRight((length, byte) => length * 128 + (byte & 127), 0);
}

function lengthBytes(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4);
  for (let at = 0, left = length; at < bytes.length; at += 1, left >>= 7)
    bytes[at] = left > 127 ? (left & 127) | 128 : left;
  return bytes;
}

function uncork(stream: Writable): void {
  stream.uncork();
}
