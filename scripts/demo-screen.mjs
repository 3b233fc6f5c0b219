/** One detections message as text: a map of the picture with its boxes, and what was found beside it. */
import { printable } from '../dist/base/printable.js';

const COLUMNS = 52;
/** A character is about twice as high as wide. */
const CHARACTER = 2.1;
const COLOURS = [31, 32, 33, 34, 35, 36];

/** Lines for a terminal of at least 80 columns; `colour` says whether escape sequences may be used. */
export function screen(message, head, colour) {
  const { image, objects } = message;
  const rows = Math.min(18, Math.max(8, Math.round((COLUMNS * image.h) / image.w / CHARACTER)));
  const grid = Array.from({ length: rows }, () => Array.from({ length: COLUMNS }, () => [' ', 0]));
  const bestLast = [...objects].sort((a, b) => a.confidence - b.confidence);
  for (const object of bestLast) drawBox(grid, object);
  const list = bestLast.reverse().map((object) => [entry(object), tone(object)]);
  if (list.length > rows) list.splice(rows - 1, list.length, [`… and ${list.length - rows + 1} more`, 0]);
  const edge = `+${'-'.repeat(COLUMNS)}+`;
  return [
    head,
    edge,
    ...grid.map((cells, row) => {
      const [text, shade] = list[row] ?? ['', 0];
      return `|${cells.map(([character, of]) => paint(character, of, colour)).join('')}|  ${paint(text, shade, colour)}`;
    }),
    edge,
  ];
}

function drawBox(grid, object) {
  const { x, y, w, h } = object.bbox;
  const rows = grid.length;
  const left = cell(x, COLUMNS);
  const right = Math.max(left + 1, cell(x + w, COLUMNS));
  const top = cell(y, rows);
  const bottom = Math.max(top + 1, cell(y + h, rows));
  const shade = tone(object);
  const put = (row, column, character) => {
    if (grid[row]?.[column] !== undefined) grid[row][column] = [character, shade];
  };
  for (let column = left; column <= right; column += 1) {
    const corner = column === left || column === right;
    for (const row of [top, bottom]) put(row, column, corner ? '+' : '-');
  }
  for (let row = top + 1; row < bottom; row += 1) for (const column of [left, right]) put(row, column, '|');
  [...printable(object.label)].slice(0, Math.max(1, right - left - 1)).forEach((character, at) => {
    put(top, left + 1 + at, character);
  });
}

function cell(part, cells) {
  return Math.min(cells - 1, Math.max(0, Math.floor(part * cells)));
}

function entry({ label, confidence }) {
  return `${printable(label).slice(0, 12).padEnd(12)} ${confidence.toFixed(2)}`;
}

function tone({ label_id: id }) {
  return COLOURS[id % COLOURS.length] ?? 0;
}

function paint(text, shade, colour) {
  return colour && shade !== 0 && text.trim() !== '' ? `\x1b[${shade}m${text}\x1b[0m` : text;
}

/** "person 3 (best 0.91), bicycle 1 (best 0.52)" */
export function summary(objects) {
  const labels = new Map();
  for (const { label, confidence } of objects) {
    const { count, best } = labels.get(label) ?? { count: 0, best: 0 };
    labels.set(label, { count: count + 1, best: Math.max(best, confidence) });
  }
  const parts = [...labels].map(
    ([label, { count, best }]) => `${printable(label)} ${count} (best ${best.toFixed(2)})`,
  );
  return parts.length > 0 ? parts.join(', ') : 'nothing';
}
