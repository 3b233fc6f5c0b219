import t from 'tap';
import { endOfFiles } from '../../dist/daemon/end-of-files.js';
import { CameraBoard } from '../../dist/supervisor/camera-board.js';
import { FakeClock } from '../helpers/fake-clock.js';

function board(...states: ('online' | 'ended' | 'failed' | 'disabled')[]) {
  const board = new CameraBoard(new FakeClock());
  board.configure(states.map((state, i) => ({ name: `c${i}`, enabled: state !== 'disabled' })));
  states.forEach((state, i) => {
    if (state === 'disabled') return;
    const error = state === 'failed' ? { code: 'CAMERA_OPEN', message: 'no such file', hint: '' } : undefined;
    const ended = state !== 'online';
    board.report({
      camera: `c${i}`,
      state: ended ? 'ended' : 'online',
      reconnects: 0,
      ...(error === undefined ? {} : { error: error as never }),
    });
  });
  return board.entries();
}

t.test('it is the end when every file has ended', async (t) => {
  t.equal(endOfFiles(board('online', 'ended')), undefined);
  t.strictSame(endOfFiles(board('ended', 'ended', 'disabled')), { error: undefined });
});

t.test('a file that cannot be read is the end, with its error', async (t) => {
  t.match(endOfFiles(board('online', 'failed')), { error: { code: 'CAMERA_OPEN', message: 'no such file' } });
});
