/** The `test:` sources: GStreamer's patterns, drawn shapes, and options that cannot be. */
import t from 'tap';
import { parseTestSource, TEST_PATTERNS } from '../../dist/config/test-source.js';

const SHAPES = { kind: 'shapes', width: 640, height: 480, fps: 30, seed: 1, cutSeconds: 8, plain: false };

t.test('every pattern is known, with the options that were given and no others', async (t) => {
  for (const pattern of TEST_PATTERNS) t.strictSame(parseTestSource(pattern), { kind: 'test', pattern });
  t.strictSame(parseTestSource('ball?'), { kind: 'test', pattern: 'ball' });
  t.strictSame(parseTestSource('ball?fps=5'), { kind: 'test', pattern: 'ball', fps: 5 });
});

t.test('shapes come with defaults for everything but their number', async (t) => {
  t.strictSame(parseTestSource('shapes'), SHAPES);
  t.strictSame(parseTestSource('shapes?seed=0&cut=0'), { ...SHAPES, seed: 0, cutSeconds: 0 });
  t.strictSame(
    parseTestSource('shapes?width=1281&height=32&fps=5&seed=4294967295&objects=0&cut=2.5&plain=1'),
    {
      kind: 'shapes',
      width: 1281,
      height: 32,
      fps: 5,
      seed: 4_294_967_295,
      cutSeconds: 2.5,
      plain: true,
      objects: 0,
    },
  );
});

t.test('what cannot be drawn is refused with the reason', async (t) => {
  const faults: [string, RegExp][] = [
    ['', /known are shapes, smpte/],
    ['bal', /did you mean "ball"/],
    ['shape', /did you mean "shapes"/],
    ['ball?width=0', /"width" that is no whole number from 1 to 8192/],
    ['ball?seed=1', /unknown option "seed": test patterns take width, height and fps/],
    ['ball?a?b', /more than one/],
    ['shapes?a?b', /more than one/],
    ['shapes?sed=1', /unknown option "sed": did you mean "seed"/],
    ['shapes?__proto__=1', /"__proto__": test:shapes takes width, height, fps, seed, objects, cut and plain/],
    ['ball?widht=32', /unknown option "widht": did you mean "width"/],
    ['ball?%1b=32', /unknown option "\\x1b": test patterns take/],
    ['ball?width=32&width=64', /"width" more than once/],
    ['shapes?width=32&fps=5&width=32', /"width" more than once/],
    ['shapes?width=31', /"width" that is no whole number from 32 to 8192/],
    ['shapes?height=8193', /"height"/],
    ['shapes?fps=0', /"fps"/],
    ['shapes?seed=-1', /"seed"/],
    ['shapes?seed=4294967296', /"seed"/],
    ['shapes?objects=65', /"objects" that is no whole number from 0 to 64/],
    ['shapes?objects=', /"objects"/],
    ['shapes?plain=2', /"plain" that is no whole number from 0 to 1/],
    ['shapes?plain=yes', /"plain"/],
    ['shapes?cut=1e3', /"cut" that is no number from 0 to 86400/],
    ['shapes?cut=86400.5', /"cut"/],
  ];
  for (const [text, message] of faults) {
    t.throws(() => parseTestSource(text), { code: 'CONFIG_INVALID', message, hint: /test:shapes/ }, text);
  }
});
