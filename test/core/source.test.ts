/** Which sources end by themselves. */
import t from 'tap';
import { endsByItself, type Source } from '../../dist/core/source.js';

t.test('files end, everything else goes on', (t) => {
  const sources: [Source, boolean][] = [
    [{ kind: 'file', path: '/a' }, true],
    [{ kind: 'v4l2', device: '/dev/video0' }, false],
    [{ kind: 'rtsp', url: 'rtsp://h/a', transport: 'tcp', latencyMs: 200 }, false],
    [{ kind: 'csi', sensorId: 0 }, false],
    [{ kind: 'http', url: 'http://h/a' }, false],
    [{ kind: 'test', pattern: 'ball' }, false],
    [{ kind: 'shapes', width: 64, height: 64, fps: 5, seed: 1, cutSeconds: 0, plain: false }, false],
    [{ kind: 'gst', pipeline: 'videotestsrc' }, false],
  ];
  for (const [source, ends] of sources) t.equal(endsByItself(source), ends, source.kind);
  t.end();
});
