/** How far a command has come, and that it is in nobody's way. */
import t from 'tap';
import { ProgressLine, progressText } from '../../dist/commands/progress-line.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { recordedIo } from '../helpers/recorded-io.js';

const CLEAR = '\r\x1b[K';
const parts = { clock: new FakeClock(), total: 4, noun: 'files', worthwhile: true };

t.test('the text says how many and how long still', async (t) => {
  const at = { done: 0, total: 4, noun: 'files', detail: '', within: undefined, elapsedMs: 0 };
  t.equal(progressText(at), '░░░░░░░░░░░░░░░░░░░░░░░░ 0/4 files');
  t.equal(
    progressText({ ...at, done: 1, elapsedMs: 10_000, detail: 'clip.mp4' }),
    '██████░░░░░░░░░░░░░░░░░░ 1/4 files, 30 s left, clip.mp4',
  );
  t.match(progressText({ ...at, done: 1, elapsedMs: 600_000 }), /, 30 min left$/);
  t.match(progressText({ ...at, done: 1, elapsedMs: 7_200_000 }), /, 6\.0 h left$/);
  t.equal(progressText({ ...at, done: 4, elapsedMs: 10_000 }), '████████████████████████ 4/4 files');
  t.match(progressText({ ...at, total: 0 }), /^░+ 0\/0 files$/);
  t.match(progressText({ ...at, detail: '\x1b[2J' }), /\\x1b\[2J$/, 'nothing steers the terminal');
  t.equal(progressText({ ...at, detail: 'x'.repeat(200) }).length, 79, 'and nothing wraps');
});

t.test('a narrow terminal gets a shorter bar and then fewer words, and no line wraps', async (t) => {
  const detail = 'building, 183 s of about 540, TensorRT fp16 engine of people';
  const at = { done: 0, total: 1, noun: 'engines', detail, within: undefined, elapsedMs: 0 };
  t.equal(progressText({ ...at, columns: 80 }), `░░░░░ 0/1 engines, ${detail}`);
  t.equal(progressText({ ...at, columns: 42 }), '0/1 engines, building, 183 s of about 540');
  t.equal(progressText({ ...at, columns: 1 }), '');
  t.match(progressText({ ...at, columns: 200 }), /^░{24} 0/);
  const io = recordedIo({ errIsTerminal: true, errColumns: () => 9 });
  new ProgressLine({ ...parts, io }).close();
  t.equal(io.text('err'), `${CLEAR}0/4 file${CLEAR}`);
});

t.test('the frames of a video count as parts of it', async (t) => {
  const within = { done: 101, total: 200, noun: 'frames', elapsedMs: 4000 };
  const at = { done: 1, total: 4, noun: 'files', detail: '', within, elapsedMs: 10_000 };
  t.equal(progressText(at), '█████████░░░░░░░░░░░░░░░ 1/4 files, frames 101/200, 25/s, 17 s left');
  const only = { ...at, done: 0, total: 1, elapsedMs: 4000 };
  t.equal(progressText(only), '████████████░░░░░░░░░░░░ 101/200 frames, 25/s, 4 s left');
  t.equal(
    progressText({ ...only, within: { ...within, total: undefined, done: 11 } }),
    '░░░░░░░░░░░░░░░░░░░░░░░░ 11 frames, 2.5/s',
    'of a video whose length is unknown there is no end in sight',
  );
  t.match(
    progressText({ ...only, within: { ...within, done: 250 } }),
    /^█+ 250\/200 frames, 62\/s$/,
    'a guess',
  );
  t.notMatch(progressText({ ...only, within: { ...within, elapsedMs: 500 } }), /\/s/, 'a rate takes time');
});

t.test('the part that is done of the current one counts where it is known', async (t) => {
  const at = { done: 1, total: 4, noun: 'engines', detail: 'x', within: undefined, elapsedMs: 10_000 };
  t.match(progressText({ ...at, part: 0.5 }), /^█{9}░{15} 1\/4 engines, 17 s left, x$/);
  const io = recordedIo({ errIsTerminal: true });
  const clock = new FakeClock();
  const line = new ProgressLine({ ...parts, clock, total: 1, io });
  clock.advance(1000);
  line.part(0.5, 'half');
  clock.advance(1000);
  line.advance();
  t.match(io.text('err'), /█{12}░{12} 0\/4 files|█{12}░{12} 0\/1 files, 1 s left, half/);
  t.match(io.text('err'), /█{24} 1\/1 files$/);
});

t.test('without a terminal, or for a moment of work, there is no line', async (t) => {
  for (const [terminal, worthwhile] of [
    [false, true],
    [true, false],
  ]) {
    const io = recordedIo({ errIsTerminal: terminal === true, isTerminal: true });
    const line = new ProgressLine({ ...parts, io, worthwhile: worthwhile === true });
    line.out('result\n');
    line.err('error\n');
    line.detail('clip.mp4');
    line.within({ done: 1, total: 2, noun: 'frames' });
    line.advance();
    line.close();
    t.strictSame(io.written, [
      ['out', 'result\n'],
      ['err', 'error\n'],
    ]);
  }
});

t.test('the line steps aside for what is written to the same terminal', async (t) => {
  const io = recordedIo({ isTerminal: true, errIsTerminal: true });
  const line = new ProgressLine({ ...parts, io });
  const drawn = `${CLEAR}░░░░░░░░░░░░░░░░░░░░░░░░ 0/4 files`;
  line.out('result\n');
  line.err('error\n');
  t.strictSame(io.written, [
    ['err', drawn],
    ['err', CLEAR],
    ['out', 'result\n'],
    ['err', drawn],
    ['err', CLEAR],
    ['err', 'error\n'],
    ['err', drawn],
  ]);
  line.close();
  line.close();
  t.strictSame(io.written.slice(7), [['err', CLEAR]], 'and is gone at the end');
});

t.test('results that go elsewhere leave the line alone', async (t) => {
  const io = recordedIo({ errIsTerminal: true });
  const line = new ProgressLine({ ...parts, io });
  line.out('{}\n');
  t.equal(io.text('out'), '{}\n');
  t.equal(io.written.length, 2);
});

t.test('a fast run draws ten times a second at most', async (t) => {
  const io = recordedIo({ errIsTerminal: true });
  const clock = new FakeClock();
  const line = new ProgressLine({ ...parts, clock, io, total: 1000 });
  for (let file = 0; file < 500; file += 1) {
    clock.advance(1);
    line.advance();
  }
  t.equal(io.written.length, 1 + 5);
  t.match(io.written.at(-1)?.[1], '500/1000');
});

t.test('the rate is that of the current one', async (t) => {
  const io = recordedIo({ errIsTerminal: true });
  const clock = new FakeClock();
  const line = new ProgressLine({ ...parts, clock, io });
  const frames = (count: number, eachMs: number) => {
    for (let done = 1; done <= count; done += 1) {
      if (done > 1) clock.advance(eachMs);
      line.within({ done, total: count, noun: 'frames' });
    }
  };
  frames(11, 200);
  t.match(io.written.at(-1)?.[1], /0\/4 files, frames 11\/11, 5\.0\/s/);
  line.advance();
  frames(5, 1000);
  t.match(io.written.at(-1)?.[1], /1\/4 files, frames 5\/5, 1\.0\/s/);
});
