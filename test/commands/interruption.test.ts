/** What happens when a command is cut short. */
import { EventEmitter } from 'node:events';
import t from 'tap';
import type { DetectdError } from '../../dist/base/errors.js';
import { Interrupted, Interruption, type InterruptionSource } from '../../dist/commands/interruption.js';

class Source extends EventEmitter {
  readonly stdout = new EventEmitter();
}

function rig(): { source: Source; exits: (Interrupted | DetectdError)[]; interruption: Interruption } {
  const source = new Source();
  const exits: (Interrupted | DetectdError)[] = [];
  const interruption = new Interruption(source as unknown as InterruptionSource, (thrown) =>
    exits.push(thrown),
  );
  interruption.start();
  return { source, exits, interruption };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('in the middle of something')));
  });
}

function brokenPipe(): Error {
  return Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
}

t.test('work that is let alone gives its result, and signals are as before', async (t) => {
  const { source, interruption } = rig();
  t.equal(await interruption.guard(async () => 5), 5);
  await t.rejects(
    interruption.guard(() => Promise.reject(new Error('no'))),
    /no/,
  );
  t.equal(source.listenerCount('SIGINT'), 0);
});

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  t.test(`${signal} aborts the work and decides how it ended`, async (t) => {
    const { source, exits, interruption } = rig();
    const work = interruption.guard(untilAborted);
    source.emit(signal, signal);
    await t.rejects(work, { name: 'Interrupted', exitStatus: status });
    t.strictSame(exits, []);
  });

t.test('work that ends well in spite of it was interrupted all the same', async (t) => {
  const { source, interruption } = rig();
  const work = interruption.guard((signal) => untilAborted(signal).catch(() => 'half of it'));
  source.emit('SIGINT', 'SIGINT');
  await t.rejects(work, { name: 'Interrupted', exitStatus: 130 });
});

t.test('whoever signals twice does not want to wait', async (t) => {
  const { source, exits, interruption } = rig();
  const work = interruption.guard(untilAborted);
  source.emit('SIGINT', 'SIGINT');
  source.emit('SIGINT', 'SIGINT');
  t.equal((exits[0] as Interrupted).exitStatus, 130);
  await t.rejects(work);
});

t.test('a reader that has had enough ends the work without a word', async (t) => {
  const { source, exits, interruption } = rig();
  const work = interruption.guard(untilAborted);
  source.stdout.emit('error', brokenPipe());
  source.stdout.emit('error', brokenPipe());
  await t.rejects(work, { name: 'Interrupted', exitStatus: 0 });
  t.strictSame(exits, [], 'however many lines were still on their way');
});

t.test('a full disk behind standard output is a fault', async (t) => {
  const { source, interruption } = rig();
  const work = interruption.guard(untilAborted);
  source.stdout.emit('error', new Error('ENOSPC: no space left on device'));
  await t.rejects(work, { code: 'OUTPUT_UNWRITABLE', exitStatus: 1, message: /no space left/ });
});

t.test('outside of guarded work it ends the program', async (t) => {
  const { source, exits } = rig();
  source.stdout.emit('error', brokenPipe());
  source.stdout.emit('error', new Error('EIO'));
  t.ok(exits[0] instanceof Interrupted);
  t.match(exits[1], { code: 'OUTPUT_UNWRITABLE' });
});
