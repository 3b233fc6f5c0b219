/** From the command line to how pictures are sliced. */
import { Command } from 'commander';
import t from 'tap';
import { addSliceOptions, type SliceOptions, slicingOf } from '../../dist/commands/slice-options.js';
import { DEFAULT_SLICING } from '../../dist/core/slicing.js';

function parse(...args: string[]): ReturnType<typeof slicingOf> {
  const command = addSliceOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  command.parse(args, { from: 'user' });
  return slicingOf(command.opts<SliceOptions>());
}

t.test('nothing is sliced unless asked for', async (t) => {
  t.equal(parse(), undefined);
});

t.test('a size is enough; the rest has defaults', async (t) => {
  t.strictSame(parse('--slice', '640'), { ...DEFAULT_SLICING, tile: 640 });
  t.strictSame(parse('--slice', 'auto'), DEFAULT_SLICING);
});

t.test('everything can be said', async (t) => {
  t.strictSame(
    parse(
      ...['--slice', '320', '--slice-overlap', '0', '--slice-merge', 'nms', '--slice-threshold', '.4'],
      '--no-slice-whole',
    ),
    { tile: 320, overlap: 0, merge: 'nms', threshold: 0.4, whole: false },
  );
});

t.test('details without a size are a mistake, not silence', async (t) => {
  for (const args of [['--slice-overlap', '0'], ['--slice-merge', 'ios'], ['--no-slice-whole']])
    t.throws(() => parse(...args), { code: 'USAGE', hint: /--slice auto/ }, args[0] ?? '');
});

t.test('values out of their range are named with what is expected', async (t) => {
  for (const [option, value, expected] of [
    ['--slice', '31', /from 32 to 16384/],
    ['--slice', 'photo.jpg', /from 32 to 16384/],
    ['--slice-overlap', '0.95', /from 0 to 0\.9/],
    ['--slice-merge', 'iou', /one of ios, nms/],
    ['--slice-threshold', '0', /above 0/],
  ] as const)
    t.throws(() => parse(option, value), { message: expected }, `${option} ${value}`);
});
