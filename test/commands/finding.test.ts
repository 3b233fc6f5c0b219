/** What `doctor` says about one thing. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { failure, fault, findingText, passed } from '../../dist/commands/finding.js';

t.test('findings are plain data', async (t) => {
  t.strictSame(passed('node', 'version 20'), { check: 'node', state: 'ok', detail: 'version 20' });
  t.strictSame(fault('disk', 'warning', 'full', 'Free some space.'), {
    check: 'disk',
    state: 'warning',
    detail: 'full',
    cure: 'Free some space.',
  });
  t.strictSame(failure('camera gate', new DetectdError('CAMERA_OPEN', 'It is not there.', 'Look.')), {
    check: 'camera gate',
    state: 'failed',
    detail: 'It is not there.',
    cure: 'Look.',
    code: 'CAMERA_OPEN',
  });
  t.match(failure('x', new Error('odd')), { state: 'failed', detail: 'odd', code: 'INTERNAL' });
});

t.test('the cure stands below the finding', async (t) => {
  t.equal(findingText(passed('node', 'version 20'), false), 'ok       node: version 20\n');
  t.equal(
    findingText(failure('camera', new DetectdError('CAMERA_OPEN', 'It is not there.', 'Look.')), false),
    'FAILED   camera: It is not there. [CAMERA_OPEN]\n         → Look.\n',
  );
});

t.test('what a camera plays stands last, to be tried by hand', async (t) => {
  const launch = 'gst-launch-1.0 a ! b';
  t.equal(
    findingText({ ...passed('camera', '1×1'), launch }, false),
    'ok       camera: 1×1\n           gst-launch-1.0 a ! b\n',
  );
  t.match(
    findingText({ ...fault('camera', 'failed', 'x', 'Look.'), launch }, false),
    /→ Look\.\n {11}gst-launch/,
  );
});

t.test('a message of several lines is indented, and none steers the terminal', async (t) => {
  const finding = fault('a\x1b[2J', 'failed', 'one\n  two\x07\n', 'x\x1b[1m');
  t.equal(
    findingText(finding, false),
    'FAILED   a\\x1b[2J: one\n             two\\x07\n         → x\\x1b[1m\n',
  );
});

t.test('colours are for terminals', async (t) => {
  t.equal(findingText(passed('node', '20'), true), '\x1b[32mok     \x1b[0m  node: 20\n');
});
