/** A series of figures as a line of blocks, `▁▂▅▇█`; where nothing is known there is a blank. */

const BLOCKS = '▁▂▃▄▅▆▇█';

/**
 * Between the least and the largest of the figures. Where there are more figures than
 * `width`, each block is the mean of its share of them. `least` is the span below which a change is not worth a block.
 */
export function sparkline(
  figures: readonly (number | null)[],
  width: number,
  options: { least?: number } = {},
): string {
  const bins = binned(figures, Math.max(0, width));
  const known = bins.filter((value) => value !== null);
  if (known.length === 0) return '';
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const range = Math.max(most - least, options.least ?? 0);
  // What hardly moves stays in the middle.
  const low = (least + most - range) / 2;
  return bins.map((value) => (value === null ? ' ' : block(value, low, range))).join('');
}

function block(value: number, low: number, range: number): string {
  const level = range > 0 ? Math.round(((value - low) / range) * (BLOCKS.length - 1)) : 0;
  return BLOCKS[level] ?? ' ';
}

function binned(figures: readonly (number | null)[], width: number): (number | null)[] {
  if (figures.length <= width) return [...figures];
  return Array.from({ length: width }, (_, index) => {
    const from = Math.floor((index * figures.length) / width);
    const to = Math.max(from + 1, Math.floor(((index + 1) * figures.length) / width));
    const share = figures.slice(from, to).filter((value) => value !== null);
    return share.length === 0 ? null : share.reduce((sum, value) => sum + value, 0) / share.length;
  });
}
