import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import {
  type PasswordInput,
  type PasswordQuestion,
  readPassword,
} from '../../dist/commands/password-source.js';

/** A terminal at which these pieces are typed, one per question. */
class Terminal extends EventEmitter implements PasswordInput {
  isTTY: boolean | undefined = true;
  raw: boolean[] = [];
  readonly #typed: (string | undefined)[];

  constructor(...typed: (string | undefined)[]) {
    super();
    this.#typed = typed;
  }

  setRawMode(raw: boolean) {
    this.raw.push(raw);
  }

  resume() {
    const text = this.#typed.shift();
    queueMicrotask(() => {
      if (text === undefined) this.emit('end');
      // Byte by byte, as slow hands and serial lines have it.
      else for (const byte of Buffer.from(text)) this.emit('data', Buffer.from([byte]));
    });
  }

  pause() {}
}

function asked(input: PasswordInput, change: Partial<PasswordQuestion> = {}) {
  const said: string[] = [];
  const question = {
    file: undefined,
    env: {},
    err: (text: string) => void said.push(text),
    fresh: false,
    input,
  };
  return { said, password: readPassword({ ...question, ...change }) };
}

t.test('a password is typed unseen, with the keys that mend it', async (t) => {
  for (const [typed, password] of [
    ['secret\r', 'secret'],
    ['sekret\x7f\x7f\x7f\x7fcret\n', 'secret'],
    ['wrong\x15secret\r', 'secret'],
    ['größe\x7f\x7f\x7f\x7f\r', 'g'],
    ['\x7f\x7fa\r', 'a'],
    ['a b\x04', 'a b'],
  ] as const) {
    const input = new Terminal(typed);
    const { said, password: answer } = asked(input);
    t.equal(await answer, password);
    t.strictSame(said, ['Password: ', '\n']);
    t.strictSame(input.raw, [true, false]);
    t.equal(input.listenerCount('data'), 0);
  }
});

t.test('a new one is asked twice', async (t) => {
  t.equal(await asked(new Terminal('a\r', 'a\r'), { fresh: true }).password, 'a');
  await t.rejects(asked(new Terminal('a\r', 'b\r'), { fresh: true }).password, { message: /differ/ });
  await t.rejects(asked(new Terminal('\r'), { fresh: true }).password, {
    code: 'KEY_INVALID',
    message: /empty/,
  });
});

t.test('Ctrl-C and a terminal that goes end it, and leave the terminal as it was', async (t) => {
  const input = new Terminal('secr\x03');
  await t.rejects(asked(input).password, { message: 'SIGINT' });
  t.strictSame(input.raw, [true, false]);
  const gone = new Terminal(undefined);
  await t.rejects(asked(gone).password, { code: 'KEY_INVALID' });
  t.strictSame(gone.raw, [true, false]);
});

t.test('a file takes the place of the terminal, by option or variable', async (t) => {
  const folder = t.testdir({
    good: 'sec ret\n',
    bare: 'secret',
    empty: '\n',
    two: 'a\nb\n',
    large: 'x'.repeat(2000),
  });
  const file = (name: string) => ({ file: join(folder, name) });
  const none = new Terminal();
  t.equal(await asked(none, file('good')).password, 'sec ret');
  t.equal(await asked(none, { env: { MINISIGN_PASSWORD_FILE: join(folder, 'bare') } }).password, 'secret');
  for (const name of ['empty', 'two', 'large', 'missing'])
    await t.rejects(
      asked(none, file(name)).password,
      { code: 'KEY_INVALID', message: /password file/ },
      name,
    );
});

t.test('without a file and a terminal the way out is told', async (t) => {
  const input = new Terminal('x\r');
  input.isTTY = undefined;
  await t.rejects(asked(input).password, { code: 'KEY_INVALID', hint: /--password-file/ });
});
