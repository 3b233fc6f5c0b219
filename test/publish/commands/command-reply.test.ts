/** The answer to a command as it travels. */
import t from 'tap';
import { commandReplyPayload } from '../../../dist/publish/commands/command-reply.js';
import { SCHEMA_VERSION } from '../../../dist/publish/payloads.js';

const common = { device: 'dock-3', bootId: 'b1', nowWallMs: 0, command: 'ping' };

t.test('an answer says what came of it, or why nothing did', async (t) => {
  t.strictSame(commandReplyPayload({ ...common, id: '7', answer: { ok: true, result: { a: 1 } } }), {
    schema: SCHEMA_VERSION,
    device: 'dock-3',
    boot_id: 'b1',
    ts: '1970-01-01T00:00:00.000Z',
    command: 'ping',
    id: '7',
    ok: true,
    result: { a: 1 },
  });
  const error = { code: 'COMMAND_UNKNOWN' as const, message: 'No.' };
  const refused = commandReplyPayload({ ...common, id: undefined, answer: { ok: false, error } });
  t.match(refused, { ok: false, error });
  t.notOk('id' in refused || 'result' in refused);
});
