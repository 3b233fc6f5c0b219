/**
 * How one picture maps onto the network's input, so that boxes can be mapped back. It depends on the
 * bundle's pre-processing and the picture's size alone; whoever analyses many of a size computes it once.
 */
export interface PictureGeometry {
  /** Size of the original picture in pixels. */
  imageWidth: number;
  imageHeight: number;
  /** Network pixels per original pixel. */
  scaleX: number;
  scaleY: number;
  /** Size after resizing, before padding. */
  resizedWidth: number;
  resizedHeight: number;
}
