/** Messages as they lie in the store. */
import t from 'tap';
import {
  ageOfKey,
  historicalText,
  levelOfKey,
  messageBytes,
  messageKey,
  messageValue,
  readMessage,
} from '../../../dist/publish/outbox/stored-message.js';
import { storedMessage } from '../../helpers/stored-message.js';

t.test('keys are in the order of age, whatever the level', async (t) => {
  const keys = [messageKey(2, 1, 5), messageKey(0, 1, 9), messageKey(4, 1, 10), messageKey(1, 2, 0)];
  const ages = keys.map(ageOfKey);
  t.same([...ages].sort(), ages);
  t.same(keys.map(levelOfKey), [2, 0, 4, 1]);
  t.ok(messageKey(3, 1, 255) < messageKey(3, 1, 256));
});

t.test('a message is read as it was written', async (t) => {
  const message = storedMessage({ text: '{"ü":"line\\nbreak"}', stampMs: 12.6 });
  const value = messageValue(message);
  t.same(readMessage(message.key, value), {
    ...message,
    stampMs: 13,
    bytes: messageBytes(message.key, value),
  });
  t.equal(messageBytes('k', 'ü'), 3);
});

t.test('one changed character is found, wherever it is', async (t) => {
  const message = storedMessage();
  const value = messageValue(message);
  for (let at = 0; at < value.length; at += 1) {
    const other = value[at] === '1' ? '2' : '1';
    const damaged = value.slice(0, at) + other + value.slice(at + 1);
    if (readMessage(message.key, damaged) !== undefined) t.fail(`a change at ${at} is not found`);
  }
  t.equal(readMessage(message.key, ''), undefined);
  t.equal(readMessage(message.key, value.slice(0, -1)), undefined);
});

t.test('what is of the past says so first', async (t) => {
  t.equal(historicalText('{}'), '{"historical":true}');
  t.same(JSON.parse(historicalText('{"seq":1}')), { historical: true, seq: 1 });
});
