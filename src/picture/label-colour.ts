/** A steady colour for each label of a model, the same in every picture and on every machine. */

export interface LabelColour {
  /** #rrggbb */
  fill: string;
  /** Black or white, whichever reads better on `fill`. */
  text: '#000000' | '#ffffff';
}

/** The golden angle: however many labels there are, neighbours in the list lie far apart. */
const STEP_DEGREES = 137.508;
/** Labels that come close in hue differ in lightness. */
const LIGHTNESS = [0.5, 0.4, 0.6];

/** `labelId` is the index into the model's label list. */
export function labelColour(labelId: number): LabelColour {
  const index = Number.isInteger(labelId) ? Math.abs(labelId) : 0;
  const hue = (345 + index * STEP_DEGREES) % 360;
  const rgb = hslToRgb(hue, 0.85, LIGHTNESS[Math.floor(index / 8) % LIGHTNESS.length] ?? 0.5);
  const fill = `#${rgb
    .map((value) =>
      Math.round(value * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
  return { fill, text: luminance(rgb) > 0.25 ? '#000000' : '#ffffff' };
}

/** Hue in degrees, the rest and the result from 0 to 1. */
function hslToRgb(hue: number, saturation: number, lightness: number): number[] {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  return [0, 8, 4].map((shift) => {
    const sector = (shift + hue / 30) % 12;
    return lightness - reach * Math.max(-1, Math.min(sector - 3, 9 - sector, 1));
  });
}

/** Relative luminance, 0 to 1. */
function luminance(rgb: number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((value) =>
    value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
