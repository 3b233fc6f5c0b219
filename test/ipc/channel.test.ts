/** Messages between a process and its child, and how the child's end is told. */
import t from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import type { DetectdError } from '../../dist/base/errors.js';
import { ChildChannel, type ChildExit, exitReason, type Typed } from '../../dist/ipc/channel.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { FakeClock } from '../helpers/fake-clock.js';

interface Run {
  messages: Typed[];
  nonsense: DetectdError[];
  exit: ChildExit;
}

async function run(
  script: Parameters<typeof childEnv>[0],
  act: (channel: ChildChannel<Typed, Typed>, message: Typed | undefined) => void,
): Promise<Run> {
  const messages: Typed[] = [];
  const nonsense: DetectdError[] = [];
  const channel: ChildChannel<Typed, Typed> = new ChildChannel({
    module: CHILD_MODULE,
    env: childEnv(script),
    stdout: 2,
    clock: systemClock,
    accepts: new Set(['hello', 'answer']),
    onMessage: (message) => {
      messages.push(message);
      act(channel, message);
    },
    onNonsense: (error) => {
      nonsense.push(error);
      channel.kill('SIGKILL');
    },
  });
  const exited = channel.start();
  act(channel, undefined);
  return { messages, nonsense, exit: await exited };
}

t.test('messages go both ways and the exit status comes back', async (t) => {
  const script = {
    boot: [['send', { type: 'hello' }]],
    ask: [
      ['send', { type: 'answer' }],
      ['exit', 7],
    ],
  } satisfies Parameters<typeof childEnv>[0];
  const { messages, exit } = await run(script, (channel, message) => {
    if (message?.type === 'hello') channel.send({ type: 'ask' });
  });
  t.strictSame(messages, [{ type: 'hello' }, { type: 'answer' }]);
  t.match(exit, { code: 7, signal: null });
});

for (const nonsense of [{ type: 'unheard-of' }, { kind: 'answer' }, 'answer', 42, null])
  t.test(`${JSON.stringify(nonsense)} is no message and said to be none`, async (t) => {
    const result = await run({ boot: [['send', nonsense]] }, () => {});
    t.equal(result.messages.length, 0);
    t.match(result.nonsense, [{ code: 'WORKER_PROTOCOL' }]);
  });

t.test('a signal and the last words on stderr become the reason', async (t) => {
  const script = {
    ask: [
      ['stderr', 'one\nlast words\n'],
      ['kill', 'SIGSEGV'],
    ],
  } satisfies Parameters<typeof childEnv>[0];
  const { exit } = await run(script, (channel) => channel.send({ type: 'ask' }));
  t.equal(exit.signal, 'SIGSEGV');
  t.equal(exitReason(exit), 'signal SIGSEGV: last words');
});

/** Tells when the time is first asked for. */
class ReadClock extends FakeClock {
  readonly read: Promise<void>;
  #tell: () => void = () => {};

  constructor() {
    super();
    this.read = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  override monotonicUs(): number {
    this.#tell();
    return super.monotonicUs();
  }
}

for (const [silentMs, reason] of [
  [1999, 'signal SIGKILL: a warning'],
  [2000, 'signal SIGKILL'],
] as const)
  t.test(`what was said ${silentMs} ms before the end: the reason is "${reason}"`, async (t) => {
    const clock = new ReadClock();
    const channel = new ChildChannel<Typed, Typed>({
      module: CHILD_MODULE,
      env: childEnv({ boot: [['stderr', 'a warning\n']] }),
      stdout: 2,
      clock,
      accepts: new Set(),
      onMessage: () => {},
      onNonsense: () => {},
    });
    const exited = channel.start();
    // The time is asked for when something comes from stderr.
    await clock.read;
    clock.advance(silentMs);
    channel.kill('SIGKILL');
    t.equal(exitReason(await exited), reason);
  });

t.test('a flood on stderr is kept to its end only', async (t) => {
  const script = {
    ask: [
      ['flood', 1_000_000],
      ['exit', 1],
    ],
  } satisfies Parameters<typeof childEnv>[0];
  const { exit } = await run(script, (channel) => channel.send({ type: 'ask' }));
  t.ok(exit.stderr.length <= 4096);
});

t.test('sending to a child that is gone is not an error', async (t) => {
  let channel: ChildChannel<Typed, Typed> | undefined;
  await run({ ask: [['exit', 0]] }, (made) => {
    channel = made;
    made.send({ type: 'ask' });
  });
  channel?.send({ type: 'ask' });
  channel?.kill('SIGTERM');
  t.pass('nothing was thrown');
});

t.test('a child that is let go says nothing any more, and its end is told all the same', async (t) => {
  const boot: Parameters<typeof childEnv>[0][string] = [
    ['send', { type: 'hello' }],
    ['send', { type: 'hello' }],
  ];
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const { messages, exit } = await run({ boot }, (channel, message) => {
    if (message === undefined) return;
    channel.letGo();
    channel.letGo();
    channel.kill('SIGKILL');
  });
  t.equal(messages.length, 1);
  t.match(exit, { signal: 'SIGKILL' });
});
