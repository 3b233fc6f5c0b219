/** What comes of trying a provider in another process, whatever that does. */
import t from 'tap';
import { providerTrial, TRIAL_MS } from '../../dist/supervisor/provider-trial.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { FakeClock } from '../helpers/fake-clock.js';

type Script = Parameters<typeof childEnv>[0];

function trial(script: Script, clock = new FakeClock(), signal?: AbortSignal) {
  const options = { module: CHILD_MODULE, env: childEnv(script), clock };
  return providerTrial('cuda', signal === undefined ? options : { ...options, signal });
}

t.test('an answer is a good verdict', async (t) => {
  t.strictSame(await trial({ provider: [['send', { type: 'provider', ms: 12 }]] }), { good: true, ms: 12 });
});

t.test('an error is a bad one, with its message', async (t) => {
  const error = { code: 'PROVIDER_UNAVAILABLE', message: 'No CUDA.' };
  t.strictSame(await trial({ provider: [['send', { type: 'fatal', error }]] }), {
    good: false,
    reason: 'No CUDA.',
    passing: false,
  });
});

t.test('so are a crash and an exit, with their last words', async (t) => {
  t.strictSame(await trial({ provider: [['kill', 'SIGSEGV']] }), {
    good: false,
    reason: 'The process that tried it crashed with SIGSEGV.',
    passing: false,
  });
  t.strictSame(
    await trial({
      provider: [
        ['stderr', 'no device\n'],
        ['exit', 3],
      ],
    }),
    { good: false, reason: 'The process that tried it ended with exit status 3: no device.', passing: false },
  );
});

t.test('being killed, no memory, and no answer, may pass', async (t) => {
  const error = { code: 'ENGINE_MEMORY', message: 'CUDA failure 2: out of memory' };
  t.strictSame(await trial({ provider: [['send', { type: 'fatal', error }]] }), {
    good: false,
    reason: error.message,
    passing: true,
  });
  t.match(await trial({ provider: [['kill', 'SIGKILL']] }), { good: false, reason: /memory/, passing: true });
  const clock = new FakeClock();
  const asked = trial({ provider: [] }, clock);
  clock.advance(TRIAL_MS);
  t.match(await asked, { good: false, reason: /no answer within 180 s/, passing: true });
});

t.test('cancelled, there is no verdict', async (t) => {
  const abort = new AbortController();
  const asked = trial({ provider: [] }, new FakeClock(), abort.signal);
  abort.abort(new Error('enough'));
  await t.rejects(asked, { message: 'enough' });
});
