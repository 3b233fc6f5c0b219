/** What a failed build means for the next one. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { buildFailure, isFinal, isNoted, mayRaisePrecision } from '../../dist/builder/build-failure.js';

t.test('memory, disk, cancelling and what is not installed are of the moment', (t) => {
  for (const code of ['ENGINE_MEMORY', 'ENGINE_DISK', 'ENGINE_CANCELLED', 'PROVIDER_UNAVAILABLE'] as const)
    t.notOk(isFinal(code), code);
  for (const code of ['ENGINE_REFUSED', 'ENGINE_UNSUPPORTED', 'ENGINE_BUILD', 'MODEL_LOAD'] as const)
    t.ok(isFinal(code), code);
  t.end();
});

t.test('what took minutes is remembered, and what a user can mend at once is not', (t) => {
  for (const code of ['ENGINE_REFUSED', 'ENGINE_BUILD', 'ENGINE_MEMORY'] as const) t.ok(isNoted(code), code);
  for (const code of ['ENGINE_CANCELLED', 'ENGINE_DISK', 'PROVIDER_UNAVAILABLE', 'BUNDLE_SAMPLES'] as const)
    t.notOk(isNoted(code), code);
  t.end();
});

t.test('another precision helps where this one disagrees or cannot be had', (t) => {
  t.ok(mayRaisePrecision('ENGINE_REFUSED') && mayRaisePrecision('ENGINE_UNSUPPORTED'));
  t.notOk(mayRaisePrecision('ENGINE_MEMORY') || mayRaisePrecision('ENGINE_BUILD'));
  t.end();
});

t.test('a disk that is full or read-only is named so, whoever noticed it', (t) => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  t.match(buildFailure(full), {
    code: 'ENGINE_DISK',
    message: /no space left/,
    hint: /Free space/,
    cause: full,
  });
  const refused = new DetectdError('ENGINE_REFUSED', 'It finds nothing.');
  t.equal(buildFailure(refused), refused);
  t.equal(buildFailure(new TypeError('x is undefined')).code, 'INTERNAL');
  t.end();
});
