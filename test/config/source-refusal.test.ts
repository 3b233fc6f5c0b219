/** The refusal of a source: one sentence, and every form in the hint. */
import t from 'tap';
import { refused } from '../../dist/config/source-refusal.js';

t.test('a refusal says what is wrong and which forms there are', async (t) => {
  const error = refused('names no file');
  t.equal(error.code, 'CONFIG_INVALID');
  t.equal(error.message, 'The source names no file.');
  for (const form of ['file:', 'v4l2:', 'rtsp://', 'csi:', 'https://', 'test:shapes', 'gst:']) {
    t.match(error.hint, form);
  }
});
