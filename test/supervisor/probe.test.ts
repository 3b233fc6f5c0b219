/** One question to a fresh process. */
import t from 'tap';
import { probe } from '../../dist/supervisor/probe.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { FakeClock } from '../helpers/fake-clock.js';

function options(script: Parameters<typeof childEnv>[0], clock = new FakeClock()) {
  return { module: CHILD_MODULE, env: childEnv(script), clock, timeoutMs: 5000 };
}

t.test('the answer is that of the same type', async (t) => {
  const answer = {
    type: 'runtime',
    gstreamer: {},
    onnxruntime: { version: '1', providers: [] },
    pictures: {},
    systemd: { addon: true },
  };
  const script = {
    runtime: [
      ['send', { type: 'camera', width: 1, height: 1, openMs: 1 }],
      ['send', answer],
    ] as ['send', unknown][],
  };
  t.strictSame(await probe({ type: 'runtime' }, options(script)), answer);
});

t.test('what the child says is wrong is thrown', async (t) => {
  const error = { code: 'GSTREAMER_MISSING', message: 'No GStreamer.', hint: 'Install it.' };
  await t.rejects(
    probe({ type: 'runtime' }, options({ runtime: [['send', { type: 'fatal', error }]] })),
    error,
  );
});

t.test('a crash of native code ends the question, not the program', async (t) => {
  const script = { runtime: [['kill', 'SIGSEGV']] } as Parameters<typeof childEnv>[0];
  await t.rejects(probe({ type: 'runtime' }, options(script)), {
    code: 'WORKER_CRASHED',
    message: /SIGSEGV/,
  });
});

t.test('a driver that hangs is given up on', async (t) => {
  const clock = new FakeClock();
  const asked = probe({ type: 'runtime' }, options({ runtime: [] }, clock));
  clock.advance(5000);
  await t.rejects(asked, { code: 'WORKER_HUNG', message: /within 5 s/ });
});
