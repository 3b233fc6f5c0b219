/** Questions to a child process and every way in which they can end. */
import t from 'tap';
import { Conversation } from '../../dist/supervisor/conversation.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { FakeClock } from '../helpers/fake-clock.js';

interface Message {
  type: string;
  value?: number;
}

function conversation(
  script: Parameters<typeof childEnv>[0],
  clock = new FakeClock(),
): Conversation<Message, Message> {
  const made = new Conversation<Message, Message>({
    module: CHILD_MODULE,
    env: childEnv(script),
    accepts: new Set(['answer', 'fatal', 'progress']),
    clock,
  });
  made.start();
  return made;
}

const value = (answer: Message) => (answer.type === 'answer' ? answer.value : undefined);

t.test('the answer that is waited for is picked among others', async (t) => {
  const child = conversation({
    ask: [
      ['send', { type: 'progress' }],
      ['send', { type: 'answer', value: 5 }],
    ],
  });
  t.equal(await child.ask({ type: 'ask' }, value), 5);
  t.equal(await child.ask({ type: 'ask' }, value), 5, 'and can be asked again');
  await child.close();
});

t.test('what the picker throws is thrown, and the child lives on', async (t) => {
  const child = conversation({ ask: [['send', { type: 'answer', value: 5 }]] });
  const refused = child.ask({ type: 'ask' }, () => {
    throw new Error('not this one');
  });
  await t.rejects(refused, /not this one/);
  t.ok(child.alive);
  t.equal(await child.ask({ type: 'ask' }, value), 5);
  await child.close();
});

t.test("the child's own error ends the conversation with it", async (t) => {
  const error = { code: 'MODEL_LOAD', message: 'no good' };
  const child = conversation({ ask: [['send', { type: 'fatal', error }]] });
  await t.rejects(child.ask({ type: 'ask' }, value), { code: 'MODEL_LOAD', message: 'no good' });
  t.notOk(child.alive);
  await t.rejects(child.ask({ type: 'ask' }, value), { code: 'MODEL_LOAD' });
  await child.close();
});

t.test('the death of the child is the reason', async (t) => {
  const child = conversation({
    ask: [
      ['stderr', 'core dumped\n'],
      ['kill', 'SIGKILL'],
    ],
  });
  await t.rejects(child.ask({ type: 'ask' }, value), {
    code: 'WORKER_CRASHED',
    message: /SIGKILL: core dumped/,
  });
  await child.close();
});

t.test('no answer by the deadline is said, and the child is ended', async (t) => {
  const clock = new FakeClock();
  const child = conversation({ ask: [] }, clock);
  const asked = child.ask({ type: 'ask' }, value, 5000);
  clock.advance(5000);
  await t.rejects(asked, { code: 'WORKER_HUNG', message: /within 5 s/ });
  await child.close();
});

t.test('a child that knows its last message ends by itself', async (t) => {
  const child = conversation({ end: [['exit', 0]] });
  await child.close({ type: 'end' });
  t.notOk(child.alive);
});
