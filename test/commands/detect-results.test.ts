/** The forms of results that need nothing but the picture. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { lineResults } from '../../dist/commands/detect-results.js';
import { found, image, picture } from '../helpers/picture-results.js';

/** Everything that a whole run writes. */
function written(format: 'text' | 'json' | 'csv'): string[] {
  const lines: string[] = [];
  const results = lineResults(format, (text) => lines.push(text));
  results.open(['dog']);
  results.picture(image('a.jpg'), picture([found('dog')]));
  results.picture(image('empty.jpg'), picture([]));
  results.failed(image('bad.jpg'), new DetectdError('IMAGE_UNREADABLE', 'No image.'));
  results.close();
  return lines;
}

t.test('text is a sentence per picture', async (t) => {
  t.match(written('text'), [/^a\.jpg 640×480: 1 dog .*\n$/, /^empty\.jpg .*nothing found.*\n$/]);
});

t.test('json is an object per picture, and per file that cannot be analysed', async (t) => {
  const objects = written('json').map((line) => JSON.parse(line));
  t.match(objects, [
    { image: 'a.jpg', detections: [{ label: 'dog' }] },
    { image: 'empty.jpg', detections: [] },
    { image: 'bad.jpg', error: { code: 'IMAGE_UNREADABLE' } },
  ]);
});

t.test('csv is a header and a line per detection', async (t) => {
  t.match(written('csv'), [/^image,frame/, /^a\.jpg,/]);
  t.equal(written('csv').length, 2);
});
