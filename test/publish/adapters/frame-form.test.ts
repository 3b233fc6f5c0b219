import t from 'tap';
import { filledTopic, PerCamera } from '../../../dist/publish/adapters/frame-form.js';

t.test('names are put into a topic wherever they stand', async (t) => {
  const names = { device: 'dock-3', camera: 'gate' };
  t.equal(filledTopic('a/{device}/{camera}/x-{camera}', names), 'a/dock-3/gate/x-gate');
  t.equal(filledTopic('plain', names), 'plain');
});

t.test('what belongs to a camera is made once, until it is forgotten', async (t) => {
  let made = 0;
  const each = new PerCamera((camera) => `${camera} ${made++}`);
  t.same([each.get('gate'), each.get('gate'), each.get('lane')], ['gate 0', 'gate 0', 'lane 1']);
  each.forget('gate');
  t.equal(each.get('gate'), 'gate 2');
  for (let index = 0; index < 3000; index += 1) each.get(`camera-${index}`);
  t.not(each.get('gate'), 'gate 2', 'nothing is kept without end');
});
