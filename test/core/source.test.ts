/** Which sources end by themselves, and which can be played twice. */
import t from 'tap';
import { endsByItself, opensTwice, type Source } from '../../dist/core/source.js';

t.test('files end, everything else goes on; devices and what is unknown have one owner', (t) => {
  const sources: [Source, boolean, boolean][] = [
    [{ kind: 'file', path: '/a' }, true, true],
    [{ kind: 'v4l2', device: '/dev/video0' }, false, false],
    [{ kind: 'rtsp', url: 'rtsp://h/a', transport: 'tcp', latencyMs: 200 }, false, true],
    [{ kind: 'csi', sensorId: 0 }, false, false],
    [{ kind: 'http', url: 'http://h/a' }, false, true],
    [{ kind: 'test', pattern: 'ball' }, false, true],
    [{ kind: 'shapes', width: 64, height: 64, fps: 5, seed: 1, cutSeconds: 0, plain: false }, false, true],
    [{ kind: 'gst', pipeline: 'videotestsrc' }, false, false],
  ];
  for (const [source, ends, twice] of sources) {
    t.equal(endsByItself(source), ends, source.kind);
    t.equal(opensTwice(source), twice, source.kind);
  }
  t.end();
});
