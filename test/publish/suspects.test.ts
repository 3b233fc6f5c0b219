/** Which ends of connections make a message guilty, and which never do. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { CLOSES, closesError, mayBlameMessage, Suspects, TOO_LARGE } from '../../dist/publish/suspects.js';
import { FakeClock } from '../helpers/fake-clock.js';

const message = (name: string, bytes = 100, topic = 'a/b') => ({ name, topic, bytes });

function suspects() {
  const clock = new FakeClock();
  return { clock, suspects: new Suspects(clock) };
}

t.test(
  'what is under way at one end is not suspected, at two ends it is, until it is answered',
  async (t) => {
    const { suspects: made } = suspects();
    made.ended([message('x'), message('y')]);
    t.notOk(made.has(message('x')));
    t.notOk(made.takeAdvance());
    made.ended([message('x'), message('z')]);
    t.ok(made.has(message('x')));
    t.notOk(made.has(message('y')));
    t.notOk(made.has(message('z')));
    t.ok(made.takeAdvance());
    t.notOk(made.takeAdvance(), 'told once');
    made.answered(message('x'));
    t.notOk(made.has(message('x')));
  },
);

t.test('four ends alone, on connections that served others, are enough; any answer forgives', async (t) => {
  const { clock, suspects: made } = suspects();
  made.answered(message('large', 1000));
  const alone = (times: number, served = true) => {
    for (let each = 0; each < times; each += 1) made.endedAlone(message('x'), 5, served);
  };
  alone(3);
  t.equal(made.verdict(message('x')), undefined);
  made.answered(message('x'));
  alone(3);
  t.equal(made.verdict(message('x')), undefined);
  alone(1);
  t.equal(made.verdict(message('x')), CLOSES);
  t.equal(made.verdict(message('y')), undefined, 'no other one');
  t.notOk(made.has(message('x')));
  clock.advance(3600_000);
  t.equal(made.verdict(message('x')), undefined, 'tried again after an hour');
});

t.test('ends on connections that served nobody, or that came late, prove nothing', async (t) => {
  const { suspects: made } = suspects();
  for (let each = 0; each < 100; each += 1) {
    made.endedAlone(message('x'), 5, false);
    made.endedAlone(message('y'), 20_000, true);
    made.ended([message('x'), message('y'), message('z')]);
  }
  for (const name of ['x', 'y', 'z']) t.equal(made.verdict(message(name)), undefined);
  t.ok(made.dwellMs(message('x')) >= 1000, 'others come first');
  t.equal(made.dwellMs(message('z')), 0);
});

t.test('a connection lasts longer before what ended one slowly is tried again', async (t) => {
  const { suspects: made } = suspects();
  made.endedAlone(message('x'), 400, true);
  t.equal(made.dwellMs(message('x')), 5000);
  made.endedAlone(message('x'), 9000, true);
  t.equal(made.dwellMs(message('x')), 30_000);
});

t.test(
  'two messages that were too large make all of that size and topic so, until a larger one arrives',
  async (t) => {
    const { suspects: made } = suspects();
    made.answered(message('small', 500));
    for (let each = 0; each < 4; each += 1) made.endedAlone(message('x', 8000), 5, true);
    t.equal(made.verdict(message('x', 8000)), TOO_LARGE);
    t.equal(made.verdict(message('y', 9000)), undefined, 'one alone may have had another fault');
    t.ok(made.has(message('y', 9000)), 'but others of its size are tried alone');
    t.notOk(made.has(message('y', 9000, 'other')));
    t.notOk(made.has(message('y', 7000)));
    for (let each = 0; each < 2; each += 1) made.endedAlone(message('y', 7500), 5, true);
    t.equal(made.verdict(message('y', 7500)), TOO_LARGE);
    t.equal(made.verdict(message('new', 7500)), TOO_LARGE);
    t.equal(made.verdict(message('new', 7499)), undefined);
    t.equal(made.verdict(message('new', 9000, 'other')), undefined);
    made.answered(message('other', 8500, 'other'));
    t.equal(made.verdict(message('new', 8400)), undefined);
  },
);

t.test('a size that the broker calls too large is so for all topics, for an hour', async (t) => {
  const { clock, suspects: made } = suspects();
  made.answered(message('x', 8000), closesError(message('x', 8000), 'mqtt://h', TOO_LARGE));
  made.answered(message('y', 100), closesError(message('y'), 'mqtt://h', 135));
  t.ok(made.tooLarge('a/b', 8000));
  t.ok(made.tooLarge('another/one', 8100));
  t.notOk(made.tooLarge('a', 8000), 'with the topic it is smaller');
  t.notOk(made.tooLarge('another/one', 7999));
  clock.advance(3600_000);
  t.notOk(made.tooLarge('a/b', 8000));
});

t.test('what is remembered is bounded', async (t) => {
  const { suspects: made } = suspects();
  const names = Array.from({ length: 3000 }, (_, index) => `${index}`);
  const all = names.map((name) => message(name));
  made.ended(all);
  made.ended(all);
  t.equal(all.filter((each) => made.has(each)).length, 1024);
});

t.test('ends that the broker explains by something else blame nobody', async (t) => {
  const end = (code: number) => new DetectdError('MQTT_REFUSED', 'no', undefined, { cause: { code } });
  for (const code of [139, 141, 142, 160]) t.notOk(mayBlameMessage(end(code)), `${code}`);
  for (const code of [128, 135, 147, 149]) t.ok(mayBlameMessage(end(code)), `${code}`);
  t.ok(mayBlameMessage(new DetectdError('MQTT_UNREACHABLE', 'closed')));
  t.notOk(mayBlameMessage(new DetectdError('MQTT_TLS', 'expired')));
});
