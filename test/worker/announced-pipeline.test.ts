/** What may block is said before it is done; all else goes through in silence. */
import t from 'tap';
import { AnnouncedPipeline } from '../../dist/worker/announced-pipeline.js';
import { ScriptedPipeline } from '../helpers/scripted-pipeline.js';

t.test('each act is said before it is done', async (t) => {
  const inner = new ScriptedPipeline();
  const said: string[] = [];
  const pipeline = new AnnouncedPipeline(inner, (doing) => said.push(`${doing} after ${inner.calls.length}`));
  pipeline.open();
  pipeline.play();
  pipeline.sendEos();
  pipeline.stop();
  pipeline.close();
  t.strictSame(inner.calls, ['open', 'play', 'sendEos', 'stop', 'close']);
  t.strictSame(said, [
    'building after 0',
    'opening after 1',
    'closing after 2',
    'closing after 3',
    'closing after 4',
  ]);
});

t.test('pictures, bytes and messages go through, and nothing is said', async (t) => {
  const inner = new ScriptedPipeline();
  const pipeline = new AnnouncedPipeline(inner, () => t.fail('nothing may block'));
  inner.arrived = 7;
  t.equal(pipeline.arrivedBytes(), 7);
  t.same(await pipeline.sourceSize(), { width: 1920, height: 1080 });
  const pulled = pipeline.pull();
  inner.picture(4, 2);
  t.match(await pulled, { width: 4, height: 2 });
  const heard: string[] = [];
  pipeline.onBus(({ text }) => heard.push(text));
  inner.error('no such camera');
  t.strictSame(heard, ['no such camera']);
  const bytes = new Uint8Array(3);
  pipeline.push(bytes, 5);
  pipeline.push(bytes);
  t.strictSame(inner.pushed, [
    { bytes, atUs: 5 },
    { bytes, atUs: undefined },
  ]);
  pipeline.set([{ element: 'a', property: 'b', value: 1 }]);
  t.strictSame(inner.settings, ['a.b=1']);
});
