/** Detections as CSV. */
import t from 'tap';
import { csvHeader, csvLines } from '../../dist/commands/csv-lines.js';
import { found, image, picture, video } from '../helpers/picture-results.js';

t.test('one line per detection under a header with as many columns', async (t) => {
  t.equal(csvHeader(), 'image,frame,width,height,label,label_id,score,x1,y1,x2,y2\r\n');
  const text = csvLines(image('a.jpg'), picture([found('dog', 16), found('person')]));
  t.equal(
    text,
    'a.jpg,,640,480,dog,16,0.123457,1.235,2,4.235,10.5\r\na.jpg,,640,480,person,0,0.123457,1.235,2,4.235,10.5\r\n',
  );
  t.equal(csvLines(image('a.jpg'), picture([])), '');
});

t.test('frames of a video carry their number', async (t) => {
  t.match(csvLines(video('v.mp4'), picture([found('dog')], 7)), /^v\.mp4,7,640/);
});

t.test('names and labels with commas, quotes and line breaks stay in their column', async (t) => {
  const text = csvLines(image('a,b.jpg'), picture([found('the "big"\none')]));
  t.equal(text, '"a,b.jpg",,640,480,"the ""big""\none",0,0.123457,1.235,2,4.235,10.5\r\n');
});
