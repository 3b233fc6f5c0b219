/** What a command's message may say, and what it may not. */
import t from 'tap';
import { COMMAND_NAMES } from '../../../dist/core/command.js';
import {
  idOf,
  isCommand,
  MOST_COMMAND_BYTES,
  readCommand,
} from '../../../dist/publish/commands/command-request.js';

const json = (payload: Buffer): unknown => JSON.parse(Buffer.from(payload).toString());
const read = (name: (typeof COMMAND_NAMES)[number], payload: string | Buffer) =>
  readCommand(name, Buffer.from(payload), json);

t.test('each command is read with what it needs', async (t) => {
  t.strictSame(read('ping', ''), { command: { name: 'ping' }, id: undefined });
  t.strictSame(read('ping', '{"id":"7"}'), { command: { name: 'ping' }, id: '7' });
  t.strictSame(read('reload', '{}').command, { name: 'reload' });
  t.strictSame(read('camera', '{"camera":"gate","enabled":false}').command, {
    name: 'camera',
    camera: 'gate',
    enabled: false,
  });
  t.strictSame(read('snapshot', '{"camera":"gate"}').command, {
    name: 'snapshot',
    camera: 'gate',
    quality: 80,
  });
  t.match(read('snapshot', '{"camera":"gate","quality":30}').command, { quality: 30 });
});

t.test('anything else is refused with the reason', async (t) => {
  const bad: [(typeof COMMAND_NAMES)[number], string | Buffer, RegExp][] = [
    ['ping', 'PRESS', /neither a JSON object nor CBOR/],
    ['ping', '[]', /right form/],
    ['ping', 'null', /right form/],
    ['ping', '"ping"', /right form/],
    ['ping', '{"id":7}', /"id"/],
    ['ping', `{"id":"${'x'.repeat(201)}"}`, /"id"/],
    ['ping', '{"force":true}', /force/],
    ['ping', '{"__proto__":{"id":"1"}}', /__proto__/],
    ['camera', '{}', /"camera"/],
    ['camera', '{"camera":"gate","enabled":"false"}', /"enabled"/],
    ['camera', '{"camera":"","enabled":false}', /"camera"/],
    ['snapshot', '{"camera":"gate","quality":0}', /"quality"/],
    ['snapshot', '{"camera":"gate","quality":1e9}', /"quality"/],
    ['ping', Buffer.from([0xff, 0xfe, 0x00]), /neither/],
    ['ping', `${'['.repeat(5000)}${']'.repeat(5000)}`, /right form/],
    ['ping', ' '.repeat(MOST_COMMAND_BYTES + 1), /larger than/],
  ];
  for (const [name, payload, message] of bad)
    t.throws(() => read(name, payload), { code: 'COMMAND_INVALID', message }, String(payload).slice(0, 40));
});

t.test('a refusal is short and safe to print, whatever was sent', async (t) => {
  const key = `\u001b[2J\u202e${'k'.repeat(5000)}`;
  let message = '';
  try {
    read('ping', JSON.stringify({ [key]: 1 }));
  } catch (error) {
    message = (error as Error).message;
  }
  t.match(message, /right form/);
  t.ok(message.length < 300);
  t.notOk(message.includes('\u001b') || message.includes('\u202e'));
});

t.test('the id of a message that is no good is given back where there is one', async (t) => {
  const id = (payload: string) => idOf(Buffer.from(payload), json);
  t.equal(id('{"id":"a","force":1}'), 'a');
  for (const payload of ['', 'PRESS', 'null', '[1]', '{"id":7}', ' '.repeat(MOST_COMMAND_BYTES + 1)])
    t.equal(id(payload), undefined, payload.slice(0, 10));
});

t.test('only what is listed is a command', async (t) => {
  t.ok(COMMAND_NAMES.every(isCommand));
  for (const name of ['constructor', 'Ping', '', 'ping ']) t.notOk(isCommand(name), name);
});
