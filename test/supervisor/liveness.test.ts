/** When a worker counts as hung. */
import t from 'tap';
import { Liveness } from '../../dist/supervisor/liveness.js';

const S = 1_000_000;
const limits = { heartbeatMs: 10_000, resultMs: 5000, checkMs: 500 };

/** It beats every second and owes nothing, while its host asks. */
function beating(liveness: Liveness, from: number, to: number): string | undefined {
  for (let second = from; second < to; second += 1) {
    liveness.heartbeat(null, second * S);
    const said = asked(liveness, second * S, (second + 1) * S);
    if (said !== undefined) return said;
  }
  return undefined;
}

/** As its host does: asked every half second from one moment to another; the last answer. */
function asked(liveness: Liveness, fromUs: number, toUs: number): string | undefined {
  for (let us = fromUs; us < toUs; us += S / 2) liveness.verdict(us);
  return liveness.verdict(toUs)?.why;
}

t.test('a worker that beats and owes nothing is alive', (t) => {
  const liveness = new Liveness(limits, 0);
  t.equal(beating(liveness, 0, 60), undefined);
  t.end();
});

t.test('a worker without a sign of life is hung after the limit, not before', (t) => {
  const liveness = new Liveness(limits, 0);
  t.equal(asked(liveness, 0, 10 * S), undefined);
  t.match(asked(liveness, 10 * S, 10 * S + 1000), /event loop has been blocked for 10\.0 s/);
  t.end();
});

t.test('a frame that does not come back from the model is a hang although the heart beats', (t) => {
  const liveness = new Liveness(limits, 0);
  liveness.heartbeat(1000, 3 * S);
  liveness.heartbeat(4000, 6 * S);
  t.equal(asked(liveness, 0, 7 * S), undefined, 'five seconds are allowed');
  t.equal(liveness.standing(7 * S).owedMs, 5000);
  t.match(asked(liveness, 7 * S, 7 * S + 1000), /frames arrive but no result has come for 5\.0 s/);
  t.end();
});

t.test('a result settles the debt', (t) => {
  const liveness = new Liveness(limits, 0);
  liveness.heartbeat(4000, 4 * S);
  liveness.result(5 * S);
  t.equal(asked(liveness, 0, 6 * S), undefined);
  t.equal(beating(liveness, 6, 40), undefined);
  t.end();
});

t.test('a file that has ended, or cameras that are all gone, are no hang', (t) => {
  const liveness = new Liveness(limits, 0);
  liveness.result(1 * S);
  t.equal(beating(liveness, 1, 60), undefined);
  t.end();
});

t.test('what its main thread did not come back from is named', (t) => {
  const liveness = new Liveness(limits, 0);
  liveness.begins({ camera: 'yard', doing: 'opening' }, 1 * S);
  liveness.begins({ camera: 'gate', doing: 'closing' }, 2 * S);
  t.match(liveness.standing(5 * S), { silentMs: 3000, act: { camera: 'gate' } });
  t.equal(asked(liveness, 0, 12 * S), undefined);
  t.match(liveness.verdict(12 * S + 1000), { part: 'gstreamer', camera: 'gate' });
  t.match(
    asked(liveness, 12 * S, 12 * S + 1000),
    /^GStreamer hangs while closing camera "gate", for 10\.0 s now$/,
  );
  t.end();
});

t.test('whatever it says next means that it has come back', (t) => {
  const words: ((liveness: Liveness) => void)[] = [
    (liveness) => liveness.heartbeat(null, 2 * S),
    (liveness) => liveness.result(2 * S),
    (liveness) => liveness.word(2 * S),
  ];
  for (const say of words) {
    const liveness = new Liveness(limits, 0);
    liveness.begins({ camera: 'gate', doing: 'closing' }, 1 * S);
    say(liveness);
    t.equal(liveness.standing(2 * S).act, undefined);
    t.match(asked(liveness, 0, 12 * S + 1000), /event loop/);
  }
  t.end();
});

t.test('time in which nobody could listen does not count', (t) => {
  const liveness = new Liveness(limits, 0);
  liveness.heartbeat(1000, 1 * S);
  t.equal(asked(liveness, 0, 2 * S), undefined);
  t.equal(liveness.verdict(62 * S), undefined, 'this process was stopped for a minute');
  t.equal(asked(liveness, 62.5 * S, 64.5 * S), undefined, 'the rest of the five seconds');
  t.equal(liveness.verdict(65.5 * S)?.part, 'inference', 'what hangs is found all the same');
  t.end();
});

t.test('an absence does not make the future of what was said on the way', (t) => {
  const liveness = new Liveness(limits, 0);
  liveness.verdict(1 * S);
  liveness.heartbeat(3000, 60 * S);
  liveness.verdict(61 * S);
  t.match(liveness.standing(61 * S), { silentMs: 0, owedMs: 0 });
  t.end();
});
