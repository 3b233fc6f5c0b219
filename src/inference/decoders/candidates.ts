/**
 * Boxes above the threshold that wait for NMS, in buffers that are kept from picture to picture. One entry
 * is one class of one anchor; several entries may share a box.
 */
const FIRST_CAPACITY = 1024;

export class Candidates {
  count = 0;
  boxCount = 0;
  score = new Float32Array(FIRST_CAPACITY);
  label = new Int32Array(FIRST_CAPACITY);
  /** Place of the entry's box in `boxes`. */
  box = new Int32Array(FIRST_CAPACITY);
  /** x1, y1, x2, y2 each. */
  boxes = new Float64Array(FIRST_CAPACITY * 4);

  clear(): void {
    this.count = 0;
    this.boxCount = 0;
  }

  /** Adds an entry for the box at `box`. */
  add(label: number, score: number, box: number): void {
    if (this.count === this.score.length) this.#grow();
    this.score[this.count] = score;
    this.label[this.count] = label;
    this.box[this.count] = box;
    this.count += 1;
  }

  /** Adds a box and returns its place. */
  addBox(x1: number, y1: number, x2: number, y2: number): number {
    const at = this.boxCount * 4;
    if (at === this.boxes.length) {
      const larger = new Float64Array(this.boxes.length * 2);
      larger.set(this.boxes);
      this.boxes = larger;
    }
    this.boxes[at] = x1;
    this.boxes[at + 1] = y1;
    this.boxes[at + 2] = x2;
    this.boxes[at + 3] = y2;
    this.boxCount += 1;
    return this.boxCount - 1;
  }

  #grow(): void {
    const capacity = this.score.length * 2;
    const score = new Float32Array(capacity);
    score.set(this.score);
    this.score = score;
    const label = new Int32Array(capacity);
    label.set(this.label);
    this.label = label;
    const box = new Int32Array(capacity);
    box.set(this.box);
    this.box = box;
  }
}
