/** How it stands with the worker that is to serve, in a word and for people. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { Condition } from '../../dist/supervisor/condition.js';

const error = new DetectdError('WORKER_CRASHED', 'It crashed.');

t.test('from the start to serving, and over a failure back', async (t) => {
  const condition = new Condition();
  t.match(condition, { state: 'stopped', failing: false });
  t.equal(condition.health().state, 'ok');
  condition.starts();
  t.match(condition.health(), { state: 'degraded', reason: 'loading the models' });
  condition.serves();
  t.equal(condition.health().state, 'ok');
  condition.failed(error);
  t.match(condition, { state: 'waiting', failing: true });
  condition.starts();
  t.match(condition.health(), { state: 'degraded', reason: 'It crashed.' }, 'until one is ready');
  condition.serves();
  t.notOk(condition.failing);
  condition.stopped();
  t.equal(condition.state, 'stopped');
});

t.test('one that serves in place of another is degraded', async (t) => {
  const condition = new Condition();
  condition.serves();
  condition.setback = error;
  t.match(condition.health(), { state: 'degraded', reason: /the one before serves on: It crashed/ });
});
