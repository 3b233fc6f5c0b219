/** The terminal is taken over and given back, whatever happens. */
import { EventEmitter } from 'node:events';
import t from 'tap';
import { LiveScreen, type TerminalStreams } from '../../dist/commands/live-screen.js';

const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

function screen(isTTY = true) {
  let written = '';
  const stdin = Object.assign(new EventEmitter(), {
    isTTY,
    raw: undefined as boolean | undefined,
    reading: false,
    setRawMode(raw: boolean) {
      this.raw = raw;
    },
    resume() {
      this.reading = true;
    },
    pause() {
      this.reading = false;
    },
  });
  const stdout = Object.assign(new EventEmitter(), {
    columns: 80,
    rows: 5,
    writableLength: 0,
    write(text: string) {
      written += text;
      return true;
    },
  });
  const process = Object.assign(new EventEmitter(), { stdin, stdout });
  const said: string[] = [];
  const live = new LiveScreen({
    streams: process as unknown as TerminalStreams,
    quit: (how) => void said.push(how),
    resized: () => void said.push('resized'),
  });
  const text = () => {
    const now = written;
    written = '';
    return now;
  };
  return { live, stdin, stdout, process, said, text };
}

t.test('it is drawn from the top, each line and the rest erased', async (t) => {
  const { live, text } = screen();
  live.draw(['too early']);
  t.equal(text(), '');
  live.start();
  t.match(text(), '\x1b[?1049h');
  live.draw(['a', 'b']);
  t.equal(text(), '\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J');
  live.draw(['1', '2', '3', '4', '5', '6']);
  t.notMatch(text(), '6');
  live.close();
});

t.test('it is given back once, also when the program ends by itself', async (t) => {
  const { live, stdin, process, text } = screen();
  live.start();
  t.equal(stdin.raw, true);
  text();
  process.emit('exit');
  t.equal(text(), LEAVE);
  t.same([stdin.raw, stdin.reading, process.listenerCount('exit')], [false, false, 0]);
  live.close();
  live.draw(['late']);
  t.equal(text(), '');
});

t.test('q and Ctrl-C are heard, arrows and other keys are not', async (t) => {
  const { live, stdin, stdout, said } = screen();
  live.start();
  for (const keys of ['x', '\x1b[A', '\x1bOq', 'q', 'Q', '\x03']) stdin.emit('data', Buffer.from(keys));
  stdin.emit('end');
  stdin.emit('error', new Error('EIO'));
  stdout.emit('resize');
  t.same(said, ['q', 'q', 'ctrl-c', 'gone', 'gone', 'resized']);
  live.close();
  stdin.emit('error', new Error('EIO'));
  t.same([stdin.listenerCount('data'), stdout.listenerCount('resize')], [0, 0]);
});

t.test('a terminal that is gone is no error', async (t) => {
  const { live, stdin, text } = screen();
  live.start();
  stdin.setRawMode = () => {
    throw new Error('EIO');
  };
  text();
  live.close();
  t.equal(text(), LEAVE);
});

t.test('without a keyboard, without a size and with a slow terminal it goes on', async (t) => {
  const { live, stdin, stdout, text } = screen(false);
  Object.assign(stdout, { columns: 0, rows: 0 });
  live.start();
  t.equal(stdin.raw, undefined);
  t.same([live.columns, live.rows], [80, 24]);
  text();
  stdout.writableLength = 1_000_000;
  live.draw(['a']);
  t.equal(text(), '');
  live.close();
});
