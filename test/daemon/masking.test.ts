import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { maskedError, maskedReport } from '../../dist/daemon/masking.js';

t.test('errors keep code and hint and lose secrets', async (t) => {
  const error = new DetectdError('CAMERA_LOST', 'rtsp://me:hunter2@gate says opensesame', 'Look at it.');
  const masked = maskedError(error, ['opensesame']);
  t.match(masked, { code: 'CAMERA_LOST', hint: 'Look at it.', message: 'rtsp://me:***@gate says ***' });
});

t.test('so do reports of cameras, and one without an error stays as it is', async (t) => {
  const online = { camera: 'gate', state: 'online' as const, reconnects: 0 };
  t.equal(maskedReport(online, ['gate']), online);
  const error = new DetectdError('CAMERA_LOST', 'opensesame was wrong', '').toData();
  t.match(maskedReport({ ...online, state: 'offline', error }, ['opensesame']), {
    camera: 'gate',
    error: { message: '*** was wrong' },
  });
});
