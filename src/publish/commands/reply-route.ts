/**
 * Where the answer to a command goes. Who asks names a topic (MQTT 5), and the device publishes there with its own
 * rights: it must not be made to speak where its words are taken for something else. Pure.
 */
import { DetectdError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import type { PacketFacts } from '../broker-connection.js';

export interface ReplyRoute {
  /** Undefined: nobody can be answered. */
  topic: string | undefined;
  /** To be given back as it came. */
  correlation: Buffer | undefined;
  /** Why the command must not be obeyed. */
  error: DetectdError | undefined;
}

export interface ReplyPlaces {
  /** First part of all topics of detectd, without a slash at its end. */
  base: string;
  /** `<base>/<device>`. */
  root: string;
  /** First parts of topics to which others listen for more than answers. */
  taken: readonly string[];
}

/** Both together leave an answer that is small enough for the broker small enough. */
const MOST_TOPIC_BYTES = 768;
const MOST_CORRELATION_BYTES = 256;
/** Only such a name becomes part of a topic. */
const PLAIN_NAME = /^[a-z0-9_-]{1,64}$/;

/** @param name the last part of the topic on which the command came, as it came */
export function replyRoute(
  name: string,
  properties: PacketFacts['properties'],
  places: ReplyPlaces,
): ReplyRoute {
  const { responseTopic = '', correlationData } = properties ?? {};
  const common = PLAIN_NAME.test(name) ? `${places.root}/cmd/${name}/reply` : undefined;
  if (correlationData !== undefined && correlationData.byteLength > MOST_CORRELATION_BYTES) {
    const error = new DetectdError(
      'COMMAND_INVALID',
      `The correlation data of the command is larger than ${MOST_CORRELATION_BYTES} bytes.`,
      'Send less; a random number is enough.',
    );
    return { topic: common, correlation: undefined, error };
  }
  const correlation = correlationData;
  if (responseTopic === '') return { topic: common, correlation, error: undefined };
  const why = refusal(responseTopic, places);
  if (why === undefined) return { topic: responseTopic, correlation, error: undefined };
  const shown = printable(responseTopic.slice(0, 80));
  const error = new DetectdError(
    'COMMAND_INVALID',
    `The response topic "${shown}" ${why}.`,
    `Use a topic of your own, one below ${places.root}/cmd/<name>/reply, or none.`,
  );
  return { topic: common, correlation, error };
}

function refusal(topic: string, { base, root, taken }: ReplyPlaces): string | undefined {
  if (Buffer.byteLength(topic) > MOST_TOPIC_BYTES) return `is longer than ${MOST_TOPIC_BYTES} bytes`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: brokers close the connection on them
  if (/[+#\u0000-\u001f\u007f-\u009f\ufffe\uffff]/.test(topic))
    return 'holds wildcards or control characters';
  if (topic.startsWith('$') || topic.startsWith('/')) return 'begins with "$" or "/"';
  if (isReply(topic, root)) return undefined;
  const other = [base, ...taken].find((start) => topic === start || topic.startsWith(`${start}/`));
  return other === undefined
    ? undefined
    : `lies below "${other}", where it would be taken for something else`;
}

/** Below `<root>/cmd/<name>/reply`, where a device whose rights end at its own topics can answer. */
function isReply(topic: string, root: string): boolean {
  if (!topic.startsWith(`${root}/cmd/`)) return false;
  const [name = '', leaf] = topic.slice(`${root}/cmd/`.length).split('/');
  return PLAIN_NAME.test(name) && leaf === 'reply';
}
