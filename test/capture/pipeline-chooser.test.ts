/** The choice that is always the same. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { FixedChooser } from '../../dist/capture/pipeline-chooser.js';
import type { PipelineInput } from '../../dist/capture/pipeline-string.js';

const INPUT: PipelineInput = {
  source: { kind: 'rtsp', url: 'rtsp://u:secret@cam/x', transport: 'tcp', latencyMs: 200 },
  target: { kind: 'scaled', width: 4, height: 2, format: 'RGB' },
  everyFrame: false,
};
const elements = { has: (name: string) => !name.startsWith('nv') };

t.test('it is the same each time, and tells no secret to logs', async (t) => {
  const chooser = new FixedChooser(INPUT, elements, async () => {});
  const choice = await chooser.choose();
  t.match(choice.text, /u:secret@cam/);
  t.notMatch(choice.described, /secret/);
  t.strictSame(await chooser.choose(), choice);
});

t.test('what cannot be there is not chosen', async (t) => {
  const away = new FixedChooser({ ...INPUT, source: { kind: 'file', path: `${t.testdirName}/x` } }, elements);
  await t.rejects(away.choose(), { code: 'VIDEO_UNREADABLE' });
  const hidden = new FixedChooser(INPUT, elements, () =>
    Promise.reject(new DetectdError('CAMERA_OPEN', 'no')),
  );
  await t.rejects(hidden.choose(), { code: 'CAMERA_OPEN' });
});

t.test('a missing element is told before anybody asks for the source', async (t) => {
  const chooser = new FixedChooser({ ...INPUT, source: { kind: 'csi', sensorId: 0 } }, elements, () => {
    throw new Error('asked');
  });
  await t.rejects(chooser.choose(), { code: 'GSTREAMER_MISSING' });
});
