/** Messages from what mosquitto_sub has written, a line for each: `-F %j`, `-F %J`, `-F '%t %p'` or, for CBOR, `-F '%t %x'`. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

export async function* recorded(path) {
  const input = path === '-' ? process.stdin : createReadStream(path);
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    const message = recordedMessage(line);
    if (message !== undefined) yield message;
  }
}

/** Undefined for an empty line; one that says nothing is a message without a topic of ours. */
export function recordedMessage(line) {
  if (line.trim() === '') return undefined;
  if (line.startsWith('{')) return fromJson(line);
  const text = /^(.*?) (\{.*)$/.exec(line);
  if (text !== null) return { topic: text[1], payload: text[2], qos: undefined };
  const hex = /^(.*) ((?:[0-9a-fA-F]{2})+)$/.exec(line);
  if (hex !== null) return { topic: hex[1], payload: Buffer.from(hex[2], 'hex'), qos: undefined };
  return { topic: line, payload: '', qos: undefined };
}

function fromJson(line) {
  try {
    const { topic, payload, qos, retain } = JSON.parse(line);
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload ?? '');
    return { topic: String(topic), payload: text, qos, retain: retain === 1 };
  } catch {
    return { topic: '', payload: '', qos: undefined };
  }
}
