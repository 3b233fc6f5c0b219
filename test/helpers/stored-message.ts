/** A message as it is stored. */
import { type Level, messageKey, type StoredMessage } from '../../dist/publish/outbox/stored-message.js';

export function storedMessage(change: Partial<StoredMessage> = {}): StoredMessage {
  const { level = 2, order = 7 } = change;
  return {
    ...{ key: messageKey(level as Level, 1, order), level, order, stream: 'events' },
    ...{ topic: 'detectd/dock-3/events', bootId: 'b00t', seq: order, stampMs: 1000 },
    ...{ text: `{"seq":${order}}`, bytes: 100 },
    ...change,
  };
}
