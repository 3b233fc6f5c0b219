/** Running a bundle on its samples, with a process that plays along. */
import t from 'tap';
import type { Samples } from '../../dist/bundle/samples.js';
import { checkSamples } from '../../dist/commands/sample-check.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { found, picture } from '../helpers/picture-results.js';
import { modelReport } from '../helpers/worker-parts.js';

const dog = { label: 'dog', label_id: 1, score: 0.9, box: [10, 10, 40, 40] } as const;

function samples(...detections: (typeof dog)[]): Samples {
  const copies = detections.map(({ box, ...rest }) => ({
    ...rest,
    box: [...box] as [number, number, number, number],
  }));
  return {
    tool: 'x',
    threshold: 0.4,
    pictures: [{ path: '/b/samples/a.jpg', name: 'a.jpg', width: 64, height: 48, detections: copies }],
  };
}

/** The process finds the given dogs in every picture. */
function check(given: Samples | undefined, scores: number[], names: string[] = []) {
  const dogs = scores.map((score) => found('dog', 1, { score, box: { x1: 10.5, y1: 10, x2: 40, y2: 40 } }));
  const result = picture(dogs);
  return checkSamples({
    bundle: '/b',
    samples: given,
    env: childEnv({
      open: [['send', { type: 'opened', report: modelReport({ loadMs: 7 }) }]],
      analyse: [
        ['send', { type: 'picture', path: 'a.jpg', result }],
        ['send', { type: 'done', path: 'a.jpg', pictures: 1 }],
      ],
      end: [['exit', 0]],
    }),
    scratchFolder: '/nowhere',
    signal: new AbortController().signal,
    onPicture: (name) => names.push(name),
    module: CHILD_MODULE,
  });
}

t.test('what the publisher found is found again, and how near is told', async (t) => {
  const names: string[] = [];
  t.strictSame(await check(samples(dog), [0.905], names), {
    ...{ provider: 'cpu', load_ms: 7, pictures: 1, detections: 1, worst_px: 0.5, worst_score: 0.005 },
  });
  t.strictSame(names, ['a.jpg']);
});

t.test('without samples the model is only loaded', async (t) => {
  t.match(await check(undefined, []), { pictures: 0, detections: 0, provider: 'cpu' });
});

t.test('what is missing, and what is more, is named with its place', async (t) => {
  await t.rejects(check(samples(dog), []), {
    code: 'BUNDLE_SAMPLES',
    message:
      /^In the sample a\.jpg the model does not find the dog of 0\.900 at \[10\.0, 10\.0, 40\.0, 40\.0\]/,
  });
  await t.rejects(check(samples(), [0.7]), {
    code: 'BUNDLE_SAMPLES',
    message: /^In the sample a\.jpg the model finds the dog of 0\.700 at \[10\.5, /,
  });
});

t.test('a model that does not load is its own error', async (t) => {
  const error = { code: 'MODEL_LOAD', message: 'No good.' };
  const refused = checkSamples({
    bundle: '/b',
    samples: undefined,
    env: childEnv({ open: [['send', { type: 'fatal', error }]] }),
    scratchFolder: '/nowhere',
    signal: new AbortController().signal,
    module: CHILD_MODULE,
  });
  await t.rejects(refused, error);
});
