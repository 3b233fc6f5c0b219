/** A steady colour for each label, the same in every picture and on every machine. */

/** Distinct on most pictures, and apart from each other also to the colour-blind. */
const PALETTE = [
  ...['#e6194b', '#3cb44b', '#ffe119', '#4363d8', '#f58231', '#911eb4', '#42d4f4', '#f032e6'],
  ...['#bfef45', '#fabed4', '#469990', '#dcbeff', '#9a6324', '#aaffc3', '#808000', '#ffd8b1'],
];

export interface LabelColour {
  /** #rrggbb */
  fill: string;
  /** Black or white, whichever reads better on `fill`. */
  text: '#000000' | '#ffffff';
}

export function labelColour(label: string): LabelColour {
  // FNV-1a: spreads short words well.
  let hash = 0x811c9dc5;
  for (let index = 0; index < label.length; index++) {
    hash = Math.imul(hash ^ label.charCodeAt(index), 0x01000193) >>> 0;
  }
  const fill = PALETTE[(hash ^ (hash >>> 16)) % PALETTE.length] ?? '#e6194b';
  return { fill, text: luminance(fill) > 0.4 ? '#000000' : '#ffffff' };
}

/** Relative luminance of #rrggbb, 0 to 1. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const value = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
